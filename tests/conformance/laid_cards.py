"""What comes of a card on the soft chip: read as a check-in reads it, in this process, and judged."""

from collections.abc import Callable
from functools import cache

from msgspec.structs import replace

from edge.cards.access_key import AccessKey
from edge.cards.card_reader import CardReadError
from edge.cards.read_identity_card import CardReading, ReadPolicy, read_identity_card
from models.chip.passive_authentication import judge_chip
from models.chip.tlv import ParseError
from models.chip.trust_store import TrustStore
from provisioning.rehearsal.card_files import CardBuild
from provisioning.rehearsal.soft_chip.card import Card
from provisioning.rehearsal.soft_chip.dialect import Dialect
from provisioning.rehearsal.soft_chip.faults import Fault
from tests.builders.built_cards import built_card, trust
from tests.builders.cards import NOW
from tests.builders.soft_card import Disturb, SoftCardReader, can_of
from tests.conformance.case import Case

_POLICY = ReadPolicy()


def honest(_number: int, _command: bytes, answer: bytes) -> bytes:
    """What the chip says."""
    return answer


@cache
def usual() -> Card:
    """One sound card, made once."""
    return built_card()


def laid(
    lays: str,
    comes_out: str,
    card: Callable[[], Card] = usual,
    *,
    disturb: Disturb = honest,
    policy: ReadPolicy = _POLICY,
    key: Callable[[Card], AccessKey] = can_of,
) -> Case:
    """The case of this card before a check-in."""
    return Case(lays=lays, run=lambda: outcome_of(card(), disturb, policy, key), comes_out=comes_out)


def outcome_of(
    card: Card,
    disturb: Disturb = honest,
    policy: ReadPolicy = _POLICY,
    key: Callable[[Card], AccessKey] = can_of,
    trusted: TrustStore | None = None,
) -> str:
    """The verdict's name, or that of the refusal with which reading ended."""
    try:
        reading = read_identity_card(SoftCardReader(card, disturb), key(card), policy, lambda _: None)
    except (CardReadError, ParseError) as error:
        return type(error).__name__
    return verdict_of(reading, trusted)


def verdict_of(reading: CardReading, trusted: TrustStore | None = None) -> str:
    """The judgement on what was read."""
    return judge_chip(reading.evidence, trusted or trust(), NOW).verdict.name


def with_fault(fault: Fault, make: Callable[[], Card] = usual) -> Callable[[], Card]:
    """The card, misbehaving."""
    return lambda: replace(make(), fault=fault)


def speaking(dialect: Dialect) -> Callable[[], Card]:
    """The usual card with other habits."""
    return lambda: replace(usual(), dialect=dialect)


def of_build(build: Callable[[], CardBuild]) -> Callable[[], Card]:
    """A card made in another way."""
    return lambda: built_card(build())
