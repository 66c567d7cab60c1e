"""Rows 1 to 5, 19 and 24: copies, exchanged keys, proofs that fail, changed files, a card swapped under the reader."""

from collections.abc import Callable
from functools import partial
from typing import Final

from msgspec.structs import replace

from provisioning.rehearsal.attacks.attack import Attack, LaidCard, Workshop
from provisioning.rehearsal.card_files import CardBuild, usual_build
from provisioning.rehearsal.data_group_writing import common_file, portrait_group
from provisioning.rehearsal.key_drawing import (
    new_agreement_key,
    new_curve_signing_key,
    new_rsa_signing_key,
    weak_rsa_signing_key,
)
from provisioning.rehearsal.security_info_writing import active_key_file, options_of
from provisioning.rehearsal.soft_chip.card import Card, ShortFile
from provisioning.rehearsal.soft_chip.chip_keys import PaceMapping, PaceOffer, RsaSigningKey, SigningKey
from provisioning.rehearsal.soft_chip.faults import (
    ChipExchanged,
    ChipProof,
    Fault,
    ProofForged,
    ProofRefused,
    SessionLost,
    StaleAnswer,
)

_INTERNAL_AUTHENTICATE: Final = 0x88
_UNKNOWN_COMMAND: Final = 0x6D00
_CAM: Final = (PaceOffer(), PaceOffer(mapping=PaceMapping.ECDH_CHIP))


def _copy(workshop: Workshop) -> LaidCard:
    return workshop.laid(replace(workshop.genuine(), chip_key=None, active_key=None))


def _copy_of_a_chip_without_keys(workshop: Workshop) -> LaidCard:
    card = workshop.genuine()
    bare = {number: file for number, file in card.files.items() if number not in {ShortFile.DG14, ShortFile.DG15}}
    groups = [number for number in bare if number < ShortFile.CARD_ACCESS]
    bare[ShortFile.COM] = common_file(groups)
    return workshop.laid(workshop.signed_anew(replace(card, files=bare, chip_key=None, active_key=None), {}))


def _own_chip_key(workshop: Workshop) -> LaidCard:
    card, key = workshop.genuine(), new_agreement_key()
    options = options_of(card.pace, key, card.active_key)
    return workshop.with_files(replace(card, chip_key=key, active_key=None), {ShortFile.DG14: options})


def _own_active_key(workshop: Workshop) -> LaidCard:
    card, key = workshop.genuine(), new_curve_signing_key()
    return workshop.with_files(replace(card, chip_key=None, active_key=key), {ShortFile.DG15: active_key_file(key)})


def _own_keys_and_own_signer(workshop: Workshop) -> LaidCard:
    card, build = workshop.genuine(), usual_build()
    chip, active = build.chip_key, build.active_key
    files = {ShortFile.DG14: options_of(card.pace, chip, active)}
    if active is not None:
        files[ShortFile.DG15] = active_key_file(active)
    signed = workshop.signed_anew(card, files, issuer=workshop.issuers.unknown)
    return workshop.laid(replace(signed, chip_key=chip, active_key=active))


def _fault(fault: Fault) -> Callable[[Workshop], LaidCard]:
    return lambda workshop: workshop.with_fault(fault)


def _mapping_fault(fault: Fault | None) -> Callable[[Workshop], LaidCard]:
    def make(workshop: Workshop) -> LaidCard:
        build = usual_build()
        cam = CardBuild(
            chip_key=build.chip_key, active_key=build.active_key, pace=_CAM, mapping_key=new_agreement_key()
        )
        card = workshop.genuine(cam)
        return workshop.laid(replace(card, fault=fault))

    return make


def _stripped(workshop: Workshop, *gone: ShortFile) -> LaidCard:
    card = workshop.genuine()
    files = {number: file for number, file in card.files.items() if number not in gone}
    files[ShortFile.COM] = common_file(number for number in files if number < ShortFile.CARD_ACCESS)
    return workshop.laid(replace(card, files=files))


def _flipped(workshop: Workshop, file: ShortFile) -> LaidCard:
    card = workshop.genuine()
    content = bytearray(card.files[file])
    content[_harmless_place(card, file)] ^= 0x01
    return workshop.with_files(card, {file: bytes(content)})


def _harmless_place(card: Card, file: ShortFile) -> int:
    """Where a turned bit leaves the file readable: in the name line of DG1, else in the last octet of its content."""
    return len(card.files[file]) - 21 if file is ShortFile.DG1 else len(card.files[file]) - 1


def _replaced_portrait(workshop: Workshop) -> LaidCard:
    return workshop.with_files(
        workshop.genuine(), {ShortFile.DG2: portrait_group(workshop.other_portrait, workshop.person.sex)}
    )


def _weak_key(workshop: Workshop, make: Callable[[], RsaSigningKey]) -> LaidCard:
    build = usual_build()
    return workshop.laid(workshop.genuine(CardBuild(chip_key=build.chip_key, active_key=make())))


def _stale_answer(workshop: Workshop, challenge: bytes) -> LaidCard:
    return workshop.with_fault(StaleAnswer(challenge=challenge))


def _other_chip(workshop: Workshop, key: Callable[[], SigningKey]) -> LaidCard:
    fault = ChipExchanged(instruction=_INTERNAL_AUTHENTICATE, chip_key=new_agreement_key(), active_key=key())
    return workshop.with_fault(fault)


def _exponent_one() -> RsaSigningKey:
    key = new_rsa_signing_key(1024)
    return replace(key, exponent=b"\x01", private_exponent=b"\x01")


_CA, _AA, _MAPPING = ChipProof.CHIP_AUTHENTICATION, ChipProof.ACTIVE_AUTHENTICATION, ChipProof.CHIP_MAPPING
_refused = partial(ProofRefused, status=_UNKNOWN_COMMAND)

COPIED_CHIPS: Final = {
    "copy": Attack(row=1, story="All files of a card on a chip without its keys.", make=_copy),
    "copy-without-listed-keys": Attack(
        row=1, story="A card whose issuer signed no key of the chip.", make=_copy_of_a_chip_without_keys
    ),
    "own-chip-key": Attack(row=2, story="DG14 with the cloner's key, EF.SOD kept.", make=_own_chip_key),
    "own-active-key": Attack(row=2, story="DG15 with the cloner's key, EF.SOD kept.", make=_own_active_key),
    "own-keys-own-signer": Attack(
        row=2, story="Both keys the cloner's, and EF.SOD signed by an unknown issuer.", make=_own_keys_and_own_signer
    ),
    "chip-authentication-refused": Attack(
        row=3, story="Chip authentication is answered 6D00.", make=_fault(_refused(proof=_CA))
    ),
    "chip-authentication-forged": Attack(
        row=3, story="Chip authentication says yes, with keys of chance.", make=_fault(ProofForged(proof=_CA))
    ),
    "active-authentication-refused": Attack(
        row=3, story="Active authentication is answered 6D00.", make=_fault(_refused(proof=_AA))
    ),
    "active-authentication-forged": Attack(
        row=3, story="Active authentication gives octets of chance.", make=_fault(ProofForged(proof=_AA))
    ),
    "chip-mapping-missing": Attack(
        row=3,
        story="Chip mapping without the chip's data.",
        make=_mapping_fault(_refused(proof=_MAPPING)),
    ),
    "chip-mapping-forged": Attack(
        row=3,
        story="Chip mapping with data of chance.",
        make=_mapping_fault(ProofForged(proof=_MAPPING)),
    ),
    "stripped-dg14": Attack(row=4, story="DG14 is listed and gone.", make=lambda w: _stripped(w, ShortFile.DG14)),
    "stripped-dg15": Attack(row=4, story="DG15 is listed and gone.", make=lambda w: _stripped(w, ShortFile.DG15)),
    "stripped-both": Attack(
        row=4, story="DG14 and DG15 are listed and gone.", make=lambda w: _stripped(w, ShortFile.DG14, ShortFile.DG15)
    ),
    "flipped-dg1": Attack(row=5, story="One bit of DG1 turned.", make=lambda w: _flipped(w, ShortFile.DG1)),
    "flipped-dg2": Attack(row=5, story="One bit of DG2 turned.", make=lambda w: _flipped(w, ShortFile.DG2)),
    "flipped-dg14": Attack(row=5, story="One bit of DG14 turned.", make=lambda w: _flipped(w, ShortFile.DG14)),
    "flipped-dg15": Attack(row=5, story="One bit of DG15 turned.", make=lambda w: _flipped(w, ShortFile.DG15)),
    "replaced-portrait": Attack(row=5, story="DG2 with another face, EF.SOD kept.", make=_replaced_portrait),
    "active-key-rsa-512": Attack(
        row=19, story="Active authentication with RSA of 512 bits.", make=lambda w: _weak_key(w, weak_rsa_signing_key)
    ),
    "active-key-exponent-one": Attack(
        row=19, story="Active authentication with RSA and exponent 1.", make=lambda w: _weak_key(w, _exponent_one)
    ),
    "stale-answer": Attack(
        row=19, story="A good signature over a challenge of yesterday.", make=lambda w: _stale_answer(w, bytes(8))
    ),
    "other-chip-in-session": Attack(
        row=24,
        story="Before active authentication another chip takes over the session.",
        make=lambda w: _other_chip(w, new_curve_signing_key),
    ),
    "other-card-on-reader": Attack(
        row=24,
        story="Before active authentication another card lies there, fresh from power-up.",
        make=_fault(SessionLost(instruction=_INTERNAL_AUTHENTICATE)),
    ),
}
