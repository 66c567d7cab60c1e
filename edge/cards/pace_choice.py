"""Which kind of PACE is spoken with a chip: the strongest that both sides speak (ICAO Doc 9303-11 section 4.4.3).

Not here: speaking it (`pace`).
"""

from collections.abc import Iterable
from enum import IntEnum

import msgspec
from msgspec import structs

from edge.cards.card_reader import CardReadError
from edge.cards.integrated_mapping import can_map
from models.chip.chip_keys import read_group
from models.chip.key_agreement import EllipticGroup, ModularGroup, UnsupportedGroupError, standard_group
from models.chip.security_infos import PACE, PaceDomainParameters, PaceInfo, SecurityInfo, infos_of
from models.chip.session_keys import SessionSuite
from models.chip.signatures import UnsupportedKeyError


class UnsupportedPaceError(CardReadError):
    """The chip offers PACE only in a kind that this program does not speak. It is not opened in an older way."""


class Mapping(IntEnum):
    """How the nonce becomes a generator; the preferred higher."""

    GENERIC = 1
    INTEGRATED = 2
    CHIP_AUTHENTICATION = 3


class PaceOption(msgspec.Struct, frozen=True, kw_only=True):
    """One kind that both sides speak.

    `protocol` is the value of its object identifier. `reference` names the domain parameters to the chip, None where it
    gave them no number; `ambiguous` says that the chip has several sets of them, so that it must be told which.
    """

    protocol: bytes
    mapping: Mapping
    suite: SessionSuite
    group: EllipticGroup | ModularGroup
    reference: int | None
    ambiguous: bool = False


_FAMILIES: dict[int, tuple[type[EllipticGroup | ModularGroup], Mapping]] = {
    1: (ModularGroup, Mapping.GENERIC),
    2: (EllipticGroup, Mapping.GENERIC),
    3: (ModularGroup, Mapping.INTEGRATED),
    4: (EllipticGroup, Mapping.INTEGRATED),
    6: (EllipticGroup, Mapping.CHIP_AUTHENTICATION),
}
"""The number below id-PACE: kind of group and mapping. Chip authentication mapping has no 3DES."""


def choose_pace(infos: Iterable[SecurityInfo]) -> PaceOption:
    """The strongest of what EF.CardAccess (`infos`) offers and we speak.

    The mapping counts first (chip authentication, integrated, generic), then the cipher, then the group; of equals the
    first. Raises `UnsupportedPaceError` when nothing is left, `ParseError` when the infos are damaged.
    """
    infos = tuple(infos)
    explicit = infos_of(infos, PaceDomainParameters)
    offered = infos_of(infos, PaceInfo)
    options = [option for info in offered if info.version == 2 and (option := _option(info, explicit)) is not None]
    if not options:
        raise UnsupportedPaceError("The chip offers no kind of PACE that this program speaks. Report the card's model.")
    best = max(options, key=lambda option: (option.mapping, option.suite.value, _strength(option.group)))
    return structs.replace(best, ambiguous=len({info.parameter_id for info in offered}) > 1)


def _option(info: PaceInfo, explicit: tuple[PaceDomainParameters, ...]) -> PaceOption | None:
    family, cipher = info.protocol[len(PACE) :]
    if family not in _FAMILIES or cipher not in {suite.value for suite in SessionSuite}:
        return None
    kind, mapping = _FAMILIES[family]
    suite = SessionSuite(cipher)
    try:
        group = _group(info, explicit)
    except (UnsupportedGroupError, UnsupportedKeyError):
        return None
    if not isinstance(group, kind) or (mapping is Mapping.INTEGRATED and not can_map(group)):
        return None
    if mapping is Mapping.CHIP_AUTHENTICATION and suite is SessionSuite.TRIPLE_DES:
        return None
    return PaceOption(
        protocol=info.protocol,
        mapping=mapping,
        suite=suite,
        group=group,
        reference=info.parameter_id,
    )


def _group(info: PaceInfo, explicit: tuple[PaceDomainParameters, ...]) -> EllipticGroup | ModularGroup:
    """By standard number (0 to 31), or as the chip writes it out for the same family and number."""
    if info.parameter_id is not None and info.parameter_id < 32:
        return standard_group(info.parameter_id)
    fitting = [
        parameters
        for parameters in explicit
        if parameters.protocol == info.protocol[:-1] and parameters.parameter_id in {None, info.parameter_id}
    ]
    if len(fitting) != 1:
        raise UnsupportedGroupError("The chip does not say which domain parameters it means.")
    return read_group(fitting[0].algorithm)


def _strength(group: EllipticGroup | ModularGroup) -> int:
    """Bits of security (NIST SP 800-57-1 table 2)."""
    match group:
        case EllipticGroup():
            return group.order.bit_length() // 2
        case ModularGroup():
            return 112 if group.numbers.width >= 256 else 80
