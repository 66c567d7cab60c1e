"""Rehearsal people and cards for tests, made once per directory."""

from datetime import UTC, date, datetime
from pathlib import Path

from provisioning.rehearsal.card_files import CardOffice, CardVariant
from provisioning.rehearsal.people import Person, rehearsal_rooms
from provisioning.rehearsal.silhouette import silhouette
from provisioning.rehearsal.soft_chip.card import Card
from provisioning.rehearsal.test_pki import open_issuers

NOW = datetime(2026, 11, 20, 7, 0, tzinfo=UTC)
TODAY = date(2026, 11, 20)


def some_person(place: int = 0) -> Person:
    """The person on the given place (0-23) of the rehearsal's room."""
    room, _ = rehearsal_rooms(1, 2026)
    return room.candidates[place].person


def make_card(directory: Path, variant: CardVariant = CardVariant.GOOD, place: int = 0) -> Card:
    """A card of somebody, signed by the issuers kept in `directory` (their trust list: `directory`/trust)."""
    office = CardOffice(issuers=open_issuers(directory, NOW), today=TODAY)
    return office.make(some_person(place), silhouette(), variant, silhouette(30))
