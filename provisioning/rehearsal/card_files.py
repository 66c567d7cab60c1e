"""A whole citizen card from a person and a portrait: its files, its keys, and what is wrong with it.

Not here: fingerprints (DG3) and national data (DG13), which a check-in does not read; how a card answers (`soft_chip`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from msgspec.structs import replace

from models.identifiers import access_number_of
from provisioning.rehearsal.data_group_writing import common_file, mrz_group, portrait_group
from provisioning.rehearsal.key_drawing import new_agreement_key, new_curve_signing_key
from provisioning.rehearsal.mrz_writing import mrz_lines
from provisioning.rehearsal.people import Person
from provisioning.rehearsal.security_info_writing import (
    active_key_file,
    card_access_of,
    card_security_infos,
    options_of,
)
from provisioning.rehearsal.security_object import sign_card_security, sign_security_object
from provisioning.rehearsal.soft_chip.card import Card, Damaged, PulledOut, ShortFile
from provisioning.rehearsal.soft_chip.chip_keys import AgreementKey, PaceOffer, SigningKey
from provisioning.rehearsal.soft_chip.dialect import USUAL, Dialect
from provisioning.rehearsal.test_pki import CardIssuer, CardIssuers


class CardVariant(StrEnum):
    """What is wrong with a card; the values are what `--variant` takes."""

    GOOD = "good"
    EXPIRED = "expired"
    ALTERED_PORTRAIT = "altered-portrait"
    UNKNOWN_ISSUER = "unknown-issuer"
    DAMAGED = "damaged"
    PULLED_OUT = "pulled-out"


@dataclass(frozen=True, slots=True, kw_only=True)
class CardBuild:
    """How a card is made: its ways in, its keys, its habits, and files beside those that every card has.

    `mapping_key` is the key of PACE with chip authentication mapping, and brings EF.CardSecurity with it. `digest` is
    EF.SOD's, which names `lds_version` from LDS 1.8 on ("0108").
    """

    chip_key: AgreementKey | None
    active_key: SigningKey | None
    pace: tuple[PaceOffer, ...] = (PaceOffer(),)
    mapping_key: AgreementKey | None = None
    dialect: Dialect = USUAL
    digest: str = "sha256"
    lds_version: str | None = None
    more_groups: Mapping[ShortFile, bytes] = field(default_factory=dict)
    more_files: Mapping[ShortFile, bytes] = field(default_factory=dict)


def usual_build() -> CardBuild:
    """As far as citizen cards are known: brainpoolP256r1 and AES-128 throughout. The keys are new on each call."""
    return CardBuild(chip_key=new_agreement_key(), active_key=new_curve_signing_key())


class CardOffice:
    """Makes the cards of a rehearsal: signs them with `issuers`, lets expired ones lie before `today`."""

    def __init__(self, *, issuers: CardIssuers, today: date) -> None:
        self._issuers = issuers
        self._today = today

    def make(self, person: Person, portrait: bytes, variant: CardVariant, other_portrait: bytes) -> Card:
        """The card of `person`, signed and then spoilt as `variant` says. The chip's keys are new on each call.

        Both portraits are JPEG or JPEG 2000, else `PortraitError`; the other one replaces the signed one on an altered
        card and plays no part on the rest.
        """
        match variant:
            case CardVariant.GOOD:
                return self._sound(person, portrait)
            case CardVariant.EXPIRED:
                long_ago = self._today.replace(year=self._today.year - 1, day=1)
                return signed_card(person, portrait, self._issuers.trusted, long_ago)
            case CardVariant.UNKNOWN_ISSUER:
                return signed_card(person, portrait, self._issuers.unknown, person.card_expires_on)
            case CardVariant.ALTERED_PORTRAIT:
                card = self._sound(person, portrait)
                return replace(card, files=card.files | {ShortFile.DG2: portrait_group(other_portrait, person.sex)})
            case CardVariant.DAMAGED:
                card = self._sound(person, portrait)
                third = len(card.files[ShortFile.DG2]) // 3
                return replace(card, fault=Damaged(file=ShortFile.DG2, from_octet=third))
            case CardVariant.PULLED_OUT:
                card = self._sound(person, portrait)
                half = len(card.files[ShortFile.DG2]) // 2
                return replace(card, fault=PulledOut(file=ShortFile.DG2, at_octet=half))

    def _sound(self, person: Person, portrait: bytes) -> Card:
        return signed_card(person, portrait, self._issuers.trusted, person.card_expires_on)


def signed_card(
    person: Person, portrait: bytes, issuer: CardIssuer, expires_on: date, build: CardBuild | None = None
) -> Card:
    """A card without fault, signed by `issuer`; without `build` it is made as citizen cards are."""
    build = build or usual_build()
    mrz = mrz_lines(person, expires_on)
    groups = {
        ShortFile.DG1: mrz_group(mrz),
        ShortFile.DG2: portrait_group(portrait, person.sex),
        **build.more_groups,
        ShortFile.DG14: options_of(build.pace, build.chip_key, build.active_key),
    }
    if build.active_key is not None:
        groups[ShortFile.DG15] = active_key_file(build.active_key)
    more_files = dict(build.more_files)
    if build.mapping_key is not None:
        infos = card_security_infos(build.pace, build.chip_key, build.mapping_key)
        more_files[ShortFile.CARD_SECURITY] = sign_card_security(infos, issuer, person.card_issued_on)
    return Card(
        access_number=access_number_of(person.citizen_id),
        mrz=mrz,
        qr_text=qr_text(person),
        files={
            ShortFile.CARD_ACCESS: card_access_of(build.pace, build.chip_key),
            ShortFile.COM: common_file(groups),
            ShortFile.SOD: sign_security_object(groups, issuer, person.card_issued_on, build.digest, build.lds_version),
            **groups,
            **more_files,
        },
        chip_key=build.chip_key,
        mapping_key=build.mapping_key,
        active_key=build.active_key,
        pace=build.pace,
        dialect=build.dialect,
    )


def qr_text(person: Person) -> str:
    """The printed code of a card of 2021: seven fields, the second (an old number) empty. It is not signed."""
    sex = {"M": "Nam", "F": "Nữ"}[person.sex]
    return "|".join(
        (
            person.citizen_id,
            "",
            person.full_name,
            f"{person.birth_date:%d%m%Y}",
            sex,
            person.address,
            f"{person.card_issued_on:%d%m%Y}",
        )
    )
