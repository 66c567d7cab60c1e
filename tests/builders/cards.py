"""Rehearsal people, portraits and cards for tests, made once per directory."""

import io
from datetime import UTC, date, datetime
from pathlib import Path

from PIL import Image, ImageDraw

from provisioning.rehearsal.card_files import CardOffice, CardVariant
from provisioning.rehearsal.people import Person, rehearsal_rooms
from provisioning.rehearsal.soft_chip.card import Card
from provisioning.rehearsal.test_pki import open_issuers

NOW = datetime(2026, 11, 20, 7, 0, tzinfo=UTC)
TODAY = date(2026, 11, 20)


def some_person(place: int = 0) -> Person:
    """The person on the given place (0-23) of the rehearsal's room."""
    room, _ = rehearsal_rooms(1, 2026)
    return room.candidates[place].person


def drawn_portrait(shade: int = 120, form: str = "JPEG") -> bytes:
    """A picture of card size that no detector takes for a face. `form` is JPEG or JPEG2000."""
    picture = Image.effect_noise((240, 320), 12).convert("RGB")
    ImageDraw.Draw(picture).ellipse((60, 60, 180, 220), fill=(shade, shade, shade))
    file = io.BytesIO()
    picture.save(file, form)
    return file.getvalue()


def make_card(directory: Path, variant: CardVariant = CardVariant.GOOD, place: int = 0) -> Card:
    """A card of somebody, signed by the issuers kept in `directory` (their trust list: `directory`/trust)."""
    office = CardOffice(issuers=open_issuers(directory, NOW), today=TODAY)
    return office.make(some_person(place), drawn_portrait(), variant, drawn_portrait(30))
