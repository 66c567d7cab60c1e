"""Chip authentication mapping (ICAO Doc 9303-11 section 4.4.3.5): whether PACE was run by the chip with the signed key.

The chip's mapping key must be its static key of EF.CardSecurity, taken as often as the chip authentication data say.
Somebody who knows only the public key can make such a pair too, but not agree on PACE's keys with it: this convinces
who ran PACE, not who is shown the numbers. Not here: the conversation (the terminal), who signed EF.CardSecurity.
"""

from collections.abc import Iterable

from models.chip.chip_keys import read_chip_key
from models.chip.key_agreement import (
    BadPublicKeyError,
    Element,
    EllipticGroup,
    UnsupportedGroupError,
    standard_group,
)
from models.chip.security_infos import ChipAuthenticationPublicKey, SecurityInfo, infos_of
from models.chip.signatures import UnsupportedKeyError
from models.chip.tlv import ParseError
from models.evidence import ChipMapping


def mapping_proves_chip(card_security: Iterable[SecurityInfo], run: ChipMapping) -> bool:
    """Whether a key on the curve of this run, among those of EF.CardSecurity, made the mapping.

    Raises `ParseError` when the infos are damaged, hold no key on that curve, or the run names no curve.
    """
    try:
        group = standard_group(run.parameter_id)
    except UnsupportedGroupError as error:
        raise ParseError("The mapping names no curve of the standard.") from error
    if not isinstance(group, EllipticGroup):
        raise ParseError("The mapping names no curve of the standard.")
    keys = [key for key in map(_usable, infos_of(card_security, ChipAuthenticationPublicKey)) if key is not None]
    fitting = [key for own_group, key in keys if own_group == group]
    if not fitting:
        raise ParseError("EF.CardSecurity has no key on the curve of the mapping.")
    return any(_made_by(group, key, run) for key in fitting)


def _usable(key: ChipAuthenticationPublicKey) -> tuple[object, Element] | None:
    try:
        return read_chip_key(key.public_key)
    except UnsupportedKeyError:
        return None


def _made_by(group: EllipticGroup, key: Element, run: ChipMapping) -> bool:
    try:
        return group.multiple(int.from_bytes(run.chip_data), key) == group.decode(run.mapping_key)
    except BadPublicKeyError:
        return False
