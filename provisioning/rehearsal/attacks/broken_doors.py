"""Rows 15 to 18 and 20: ways in that are weaker than promised, wrong turns in PACE and in secure messaging."""

from collections.abc import Callable, Mapping
from typing import Final

from msgspec.structs import replace

from provisioning.rehearsal.attacks.attack import Attack, LaidCard, Workshop
from provisioning.rehearsal.card_files import CardBuild, usual_build
from provisioning.rehearsal.security_info_writing import (
    CHIP_AUTHENTICATION,
    TERMINAL_AUTHENTICATION,
    card_access_of,
)
from provisioning.rehearsal.soft_chip.card import Card, ShortFile
from provisioning.rehearsal.soft_chip.chip_keys import PaceMapping, PaceOffer
from provisioning.rehearsal.soft_chip.ciphers import SuiteKind
from provisioning.rehearsal.soft_chip.dialect import Dialect
from provisioning.rehearsal.soft_chip.faults import ChannelDeceit, ChannelTrick, PaceDeceit, PaceTrick
from provisioning.rehearsal.tlv_writing import tlv

_FROM_ANSWER: Final = 4
"""Late enough that application and first file were read honestly."""


def _without_card_access(workshop: Workshop) -> LaidCard:
    card = workshop.genuine()
    files = {number: file for number, file in card.files.items() if number is not ShortFile.CARD_ACCESS}
    return workshop.laid(replace(card, files=files, pace=()))


def _card_access_without_pace(workshop: Workshop) -> LaidCard:
    card = replace(workshop.genuine(), pace=())
    return workshop.with_files(card, {ShortFile.CARD_ACCESS: tlv(0x31, TERMINAL_AUTHENTICATION, CHIP_AUTHENTICATION)})


def _pace_refused(workshop: Workshop) -> LaidCard:
    return workshop.laid(replace(workshop.genuine(), pace=()))


def _weaker(offer: PaceOffer) -> Callable[[Workshop], LaidCard]:
    """EF.CardAccess and the chip offer less than the signed DG14."""

    def make(workshop: Workshop) -> LaidCard:
        card = replace(workshop.genuine(), pace=(offer,))
        return workshop.with_files(card, {ShortFile.CARD_ACCESS: card_access_of(card.pace, None)})

    return make


def _wrong_number(workshop: Workshop) -> LaidCard:
    """The card's access number is another than the one that a reader takes from the citizen number."""
    card = workshop.genuine()
    return workshop.laid(_with_number(card, str((int(card.access_number) + 1) % 1_000_000).zfill(6)))


def _with_number(card: Card, number: str) -> Card:
    return replace(card, access_number=number, dialect=Dialect(counts_tries=True))


def _pace(trick: PaceTrick) -> Callable[[Workshop], LaidCard]:
    return lambda workshop: workshop.with_fault(PaceDeceit(trick=trick))


def _numbers() -> CardBuild:
    build = usual_build()
    offer = PaceOffer(mapping=PaceMapping.DH_GENERIC, parameter=2)
    return CardBuild(chip_key=build.chip_key, active_key=build.active_key, pace=(offer,))


def _channel(trick: ChannelTrick) -> Callable[[Workshop], LaidCard]:
    return lambda workshop: workshop.with_fault(ChannelDeceit(trick=trick, from_answer=_FROM_ANSWER))


_TOKENS: Final[Mapping[str, PaceTrick]] = {
    "wrong-pace-token": PaceTrick.WRONG_TOKEN,
    "no-pace-token": PaceTrick.NO_TOKEN,
}
_KEYS: Final[Mapping[str, PaceTrick]] = {
    "same-ephemeral-key": PaceTrick.SAME_KEY,
    "same-mapping-key": PaceTrick.SAME_MAPPING_KEY,
    "ephemeral-key-off-curve": PaceTrick.OFF_GROUP,
    "mapping-key-off-curve": PaceTrick.MAPPING_OFF_GROUP,
    "infinity-as-key": PaceTrick.INFINITY,
}

BROKEN_DOORS: Final = {
    "card-access-gone": Attack(
        row=15, story="EF.CardAccess is gone and only BAC answers, while DG14 lists PACE.", make=_without_card_access
    ),
    "card-access-without-pace": Attack(
        row=15, story="EF.CardAccess lists no PACE, DG14 does.", make=_card_access_without_pace
    ),
    "pace-refused": Attack(
        row=15, story="PACE is offered and then refused; only BAC would open the chip.", make=_pace_refused
    ),
    "weaker-curve": Attack(
        row=15, story="EF.CardAccess names another curve than DG14.", make=_weaker(PaceOffer(parameter=12))
    ),
    "weaker-cipher": Attack(
        row=15, story="EF.CardAccess offers 3DES, DG14 AES.", make=_weaker(PaceOffer(suite=SuiteKind.TRIPLE_DES))
    ),
    **{name: Attack(row=16, story=f"PACE: {trick}.", make=_pace(trick)) for name, trick in _TOKENS.items()},
    **{
        f"channel-{trick.value.replace(' ', '-')}": Attack(
            row=17, story=f"A secured answer with: {trick}.", make=_channel(trick)
        )
        for trick in ChannelTrick
    },
    **{name: Attack(row=18, story=f"PACE: {trick}.", make=_pace(trick)) for name, trick in _KEYS.items()},
    "one-as-number": Attack(
        row=18,
        story="PACE with numbers: the chip's key is 1, whose order is 1.",
        make=lambda w: w.with_fault(PaceDeceit(trick=PaceTrick.INFINITY), _numbers()),
    ),
    "wrong-number": Attack(
        row=20, story="The card opens with another number than its own, and counts tries (63Cx).", make=_wrong_number
    ),
}
