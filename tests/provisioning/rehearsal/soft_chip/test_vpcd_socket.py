"""The wire to the virtual reader: frames, control octets, laying and taking. pcscd itself joins in the agreements."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from provisioning.rehearsal.card_files import CardVariant
from provisioning.rehearsal.soft_chip.card import Card, ShortFile
from provisioning.rehearsal.soft_chip.chip import APPLICATION, SoftChip
from provisioning.rehearsal.soft_chip.faults import Hanging
from provisioning.rehearsal.soft_chip.vpcd_socket import SoftChipSocket, VirtualReaderAbsentError
from tests.builders.cards import make_card
from tests.builders.plain_terminal import open_by_bac


class ListeningReader:
    """The reader's side of the socket."""

    def __init__(self) -> None:
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listening.getsockname()[1])
        self._slot: socket.socket | None = None

    def see_card(self) -> None:
        if self._slot is not None:
            self._slot.close()
        self._slot, _ = self._listening.accept()
        self._slot.settimeout(10)

    def tell(self, frame: bytes) -> None:
        assert self._slot is not None
        # In two sends, as the real one does it.
        self._slot.sendall(len(frame).to_bytes(2, "big"))
        self._slot.sendall(frame)

    def hear(self) -> bytes | None:
        """The next frame, or None when the card is gone."""
        assert self._slot is not None
        with self._slot.dup() as line, line.makefile("rb") as file:
            length = file.read(2)
            return file.read(int.from_bytes(length, "big")) if length else None

    def ask(self, frame: bytes) -> bytes | None:
        self.tell(frame)
        return self.hear()

    def close(self) -> None:
        self._listening.close()
        if self._slot is not None:
            self._slot.close()


@pytest.fixture
def reader() -> Iterator[ListeningReader]:
    listening = ListeningReader()
    yield listening
    listening.close()


@pytest.fixture
def slot(reader: ListeningReader) -> Iterator[SoftChipSocket]:
    socket_of_card = SoftChipSocket(port=reader.port, absence_seconds=0)
    yield socket_of_card
    socket_of_card.take()


@pytest.fixture(scope="module")
def card(tmp_path_factory: pytest.TempPathFactory) -> Card:
    return make_card(tmp_path_factory.mktemp("issuers"))


def test_a_laid_card_tells_its_atr_and_answers(reader: ListeningReader, slot: SoftChipSocket, card: Card) -> None:
    slot.lay(card)
    reader.see_card()
    assert slot.lying
    assert reader.ask(b"\x04") == SoftChip.atr
    reader.tell(b"\x01")
    assert reader.ask(bytes.fromhex("00A4000C023F00")) == b"\x6d\x00"


@pytest.mark.parametrize("control", [b"\x00", b"\x01", b"\x02"])
def test_power_and_reset_forget_the_selection(
    reader: ListeningReader, slot: SoftChipSocket, card: Card, control: bytes
) -> None:
    slot.lay(card)
    reader.see_card()
    assert reader.ask(bytes.fromhex("00A4040C07") + APPLICATION) == b"\x90\x00"
    reader.tell(control)
    assert reader.ask(bytes.fromhex("0084000008")) == b"\x6d\x00"


def test_a_taken_card_is_gone_and_another_can_lie(reader: ListeningReader, slot: SoftChipSocket, card: Card) -> None:
    for _ in range(2):
        slot.lay(card)
        reader.see_card()
        assert reader.ask(b"\x04") == SoftChip.atr
        slot.take()
        assert reader.hear() is None
        assert not slot.lying


def test_laying_a_second_card_takes_the_first_away(reader: ListeningReader, slot: SoftChipSocket, card: Card) -> None:
    slot.lay(card)
    reader.see_card()
    slot.lay(card)
    assert reader.hear() is None
    reader.see_card()
    assert reader.ask(b"\x04") == SoftChip.atr


def test_a_card_pulled_out_half_way_hangs_up_without_an_answer(
    reader: ListeningReader, slot: SoftChipSocket, tmp_path: Path
) -> None:
    pulled = make_card(tmp_path, CardVariant.PULLED_OUT)

    class AcrossTheSocket(SoftChip):
        def respond(self, command: bytes) -> bytes:
            return reader.ask(command) or b""

    slot.lay(pulled)
    reader.see_card()
    terminal = open_by_bac(AcrossTheSocket(pulled), pulled.mrz_key_text)
    place = len(pulled.files[ShortFile.DG2]) // 2
    assert terminal.ask("0CB08200", expected=b"\xdf")[0] == 0x9000
    reader.tell(terminal.secured(f"0CB0{place >> 8:02X}{place & 255:02X}", expected=b"\xdf"))
    assert reader.hear() is None
    assert slot.wait_until_gone(10)


def test_a_reader_that_goes_away_ends_the_card(reader: ListeningReader, slot: SoftChipSocket, card: Card) -> None:
    slot.lay(card)
    reader.see_card()
    reader.close()
    assert slot.wait_until_gone(10)


def test_without_a_virtual_reader_the_error_says_what_to_install(reader: ListeningReader, card: Card) -> None:
    reader.close()
    with pytest.raises(VirtualReaderAbsentError, match="vsmartcard-vpcd"):
        SoftChipSocket(port=reader.port).lay(card)


def test_a_hanging_card_stays_and_says_nothing(reader: ListeningReader, slot: SoftChipSocket, card: Card) -> None:
    slot.lay(replace(card, fault=Hanging(file=ShortFile.CARD_ACCESS, at_octet=0)))
    reader.see_card()
    reader.tell(bytes.fromhex("00B09C0000"))
    # The next question is answered, the one before it never.
    assert reader.ask(b"\x04") == SoftChip.atr
    assert slot.lying
