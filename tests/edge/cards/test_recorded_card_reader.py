from pathlib import Path

import pytest

from edge.cards.access_key import CardAccessNumber
from edge.cards.read_identity_card import ReadPolicy, read_identity_card
from edge.cards.recorded_card_reader import (
    OffScriptError,
    RecordedCardReader,
    Recording,
    RecordingCardReader,
    load_recording,
    save_recording,
)
from models.errors import BadInputError
from tests.builders.soft_card import SoftCardReader, can_of, good_card
from tests.fakes.manual_clock import ManualClock


def record() -> tuple[Recording, bytes]:
    card = good_card()
    reader = RecordingCardReader(SoftCardReader(card))
    reading = read_identity_card(reader, can_of(card), ReadPolicy(), lambda _: None, random_bytes=reader.random_bytes)
    return reader.finish(), reading.portrait


def test_a_recorded_conversation_can_be_had_again(tmp_path: Path) -> None:
    recording, portrait = record()
    save_recording(recording, tmp_path / "card.json")
    reader = RecordedCardReader(load_recording(tmp_path / "card.json"))
    reading = read_identity_card(
        reader,
        can_of(good_card()),
        ReadPolicy(),
        lambda _: None,
        clock=ManualClock(),
        random_bytes=reader.random_bytes,
    )
    assert reading.portrait == portrait
    assert reading.evidence.read_at == ManualClock().now()


def test_another_conversation_is_off_script() -> None:
    recording, _ = record()
    reader = RecordedCardReader(recording)
    with pytest.raises(OffScriptError):
        read_identity_card(
            reader,
            CardAccessNumber(digits="000000"),
            ReadPolicy(),
            lambda _: None,
            random_bytes=reader.random_bytes,
        )


def test_other_draws_are_off_script() -> None:
    recording, _ = record()
    with pytest.raises(OffScriptError):
        RecordedCardReader(recording).random_bytes(3)


def test_a_damaged_recording_is_named(tmp_path: Path) -> None:
    (tmp_path / "card.json").write_text('{"draws": 3}')
    with pytest.raises(BadInputError):
        load_recording(tmp_path / "card.json")
