"""LDS_F, LDS_I, LDS_J: the files of the chip's keys, signed as they stand."""

from collections.abc import Callable
from typing import Final

from models.chip.tlv import encode, parse_header
from provisioning.rehearsal.key_drawing import new_agreement_key
from provisioning.rehearsal.public_key_writing import DomainForm
from provisioning.rehearsal.security_info_writing import (
    CHIP_AUTHENTICATION,
    TERMINAL_AUTHENTICATION,
    card_security_infos,
    chip_key_term,
    pace_term,
)
from provisioning.rehearsal.soft_chip.card import Card, ShortFile
from provisioning.rehearsal.soft_chip.chip_keys import PaceOffer
from tests.builders.chip_evidence import DG14, DG15, groups, make_evidence
from tests.conformance.case import Case, Entry
from tests.conformance.der_edits import Edit, at, gone, instead, longer, retagged, shorter
from tests.conformance.judged_files import refusal_by, verdict_of_evidence
from tests.conformance.laid_cards import laid
from tests.conformance.made_cards import CAM, mapping_card, with_card_security

_ACCESS = encode(0x31, pace_term(PaceOffer()))


def _options(lays: str, comes_out: str, edit: Edit) -> Case:
    """A card whose only key is that of chip authentication."""
    return Case(lays=lays, run=lambda: _options_outcome(edit), comes_out=comes_out)


def _options_outcome(edit: Edit) -> str:
    signed = groups() | {ShortFile.DG14: edit(DG14)}
    del signed[ShortFile.DG15]
    return verdict_of_evidence(make_evidence(signed, card_access=_ACCESS))


def _term(edit: Edit) -> Edit:
    """A change of ChipAuthenticationInfo."""
    return at(
        0,
        put=lambda infos: encode(
            0x31, infos[parse_header(infos)[1] :].replace(CHIP_AUTHENTICATION, edit(CHIP_AUTHENTICATION))
        ),
    )


def _unknown_cipher(identifier: bytes) -> bytes:
    return identifier[:-1] + b"\x09"


CHIP_OPTIONS: Final[dict[str, Entry]] = {
    "01": _options("Tag 6F instead of 6E.", "PARSE_ERROR", retagged(0x6F)),
    "02": _options("The length is one too small.", "PARSE_ERROR", shorter),
    "03": _options("The length is one too large.", "PARSE_ERROR", longer),
    "04": _options("A protocol that does not exist.", "CHIP_NOT_PROVEN", _term(at(0, put=_unknown_cipher))),
    "05": _options("No protocol.", "PARSE_ERROR", _term(at(0, put=gone))),
    "06": _options("Version 7 of the protocol.", "CHIP_NOT_PROVEN", _term(at(1, put=instead(b"\x02\x01\x07")))),
    "07": _options("No version of the protocol.", "PARSE_ERROR", _term(at(1, put=gone))),
}


def _active(lays: str, edit: Edit) -> Case:
    return Case(
        lays=lays,
        run=lambda: refusal_by("active authentication", make_evidence(groups() | {ShortFile.DG15: edit(DG15)})),
        comes_out="active authentication failed",
    )


ACTIVE_KEY_FILES: Final[dict[str, Entry]] = {
    "01": _active("Tag 70 instead of 6F.", retagged(0x70)),
    "02": _active("The length is one too small.", shorter),
    "03": _active("The length is one too large.", longer),
}


def _secured(*, more: bytes = b"", without: bytes = b"", instead_of_it: bytes = b"") -> Callable[[], Card]:
    """EF.CardSecurity with an info more, without one, or with another in its place."""

    def make() -> Card:
        card = mapping_card()
        assert card.mapping_key is not None
        infos = card_security_infos((CAM,), card.chip_key, card.mapping_key)
        content = infos[parse_header(infos)[1] :]
        if without:
            content = content.replace(without, instead_of_it)
        return with_card_security(card, encode(0x31, content + more))

    return make


def other_key() -> Card:
    """EF.CardSecurity with a key of chip authentication mapping that the chip does not hold."""
    card = mapping_card()
    return with_card_security(card, card_security_infos((CAM,), card.chip_key, new_agreement_key()))


CARD_SECURITY_FILES: Final[dict[str, Entry]] = {
    "01": laid(
        "EF.CardSecurity says more than EF.CardAccess, which it may: another way in.",
        "GENUINE",
        _secured(more=pace_term(PaceOffer(parameter=12))),
    ),
    "02": laid(
        "EF.CardSecurity says less than EF.CardAccess.", "CLONE_SUSPECT", _secured(without=TERMINAL_AUTHENTICATION)
    ),
    "03": laid(
        "EF.CardSecurity says otherwise than EF.CardAccess.",
        "CLONE_SUSPECT",
        _secured(
            without=TERMINAL_AUTHENTICATION, instead_of_it=at(1, put=instead(b"\x02\x01\x02"))(TERMINAL_AUTHENTICATION)
        ),
    ),
    "04": laid("EF.CardSecurity holds another key than the chip.", "CLONE_SUSPECT", other_key),
}


def without_key() -> Card:
    """EF.CardSecurity without the key of chip authentication mapping."""
    card = mapping_card()
    assert card.mapping_key is not None
    return _secured_as(card, chip_key_term(card.mapping_key, DomainForm.NUMBERED))


def _secured_as(card: Card, without: bytes) -> Card:
    assert card.mapping_key is not None
    infos = card_security_infos((CAM,), card.chip_key, card.mapping_key)
    return with_card_security(card, encode(0x31, infos[parse_header(infos)[1] :].replace(without, b"")))
