from pathlib import Path

import pytest

from edge.cards.card_reader import ReaderRefusedError
from edge.cards.pcsc_card_reader import PcscReaders, PcscSettings, refusal_of

ALLOWED = "ACS ACR1252 1S CL Reader [ACR1252 Reader PICC] 00 00"


def settings(*folders: Path, rehearsal: bool = False) -> PcscSettings:
    return PcscSettings(allowed_models=("ACS ACR1252", "Room Reader"), rehearsal=rehearsal, driver_folders=folders)


def test_an_allowed_model_is_used() -> None:
    assert refusal_of(ALLOWED, settings()) is None


def test_another_model_is_refused() -> None:
    assert "not on the list" in (refusal_of("Fancy Reader 00 00", settings()) or "")


def test_a_virtual_reader_is_refused_outside_a_rehearsal() -> None:
    assert "virtual" in (refusal_of("Virtual PCD 00 00", settings()) or "")
    assert refusal_of("Virtual PCD 00 00", settings(rehearsal=True)) is None


@pytest.mark.parametrize("name", ["libifdvpcd.so", "entry"])
def test_a_virtual_reader_under_another_name_is_refused_by_its_driver(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("LIBPATH /usr/lib/pcsc/drivers/serial/libifdvpcd.so\n")
    assert "vpcd" in (refusal_of("Room Reader 0 00 00", settings(tmp_path)) or "")


def test_connecting_to_a_refused_reader_is_refused() -> None:
    with pytest.raises(ReaderRefusedError, match="virtual"):
        PcscReaders(settings()).connect("Virtual PCD 00 00")
