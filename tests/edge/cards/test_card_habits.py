"""Genuine cards that answer reads otherwise than most, and are read whole all the same."""

from collections.abc import Callable

import pytest
from msgspec.structs import replace

from edge.cards.apdu import Answer, Command, UnexpectedStatusError
from edge.cards.card_files import DATA_GROUPS, SECURITY_OBJECT, FileMissingError, read_file
from edge.cards.card_reader import CardReadError
from edge.cards.read_identity_card import ReadPolicy, read_identity_card
from models.chip.tlv import encode
from provisioning.rehearsal.soft_chip.dialect import Dialect, EndOfFile
from tests.builders.soft_card import SoftCardReader, can_of, file_of, good_card

DIALECTS = {
    **{f"end of file {kind.value}": Dialect(end_of_file=kind) for kind in EndOfFile},
    "no short identifiers": Dialect(short_identifiers=False),
    "no short identifiers, nothing beyond the end": Dialect(short_identifiers=False, end_of_file=EndOfFile.OUTSIDE),
    "no short identifiers, exact lengths": Dialect(short_identifiers=False, end_of_file=EndOfFile.EXACT),
}


@pytest.mark.parametrize("name", DIALECTS)
@pytest.mark.parametrize("size", [None, 112, 4000])
def test_a_card_of_other_habits_is_read_whole(name: str, size: int | None) -> None:
    card = replace(good_card(), dialect=DIALECTS[name])
    reading = read_identity_card(SoftCardReader(card), can_of(card), ReadPolicy(read_size=size), lambda _: None)
    assert reading.evidence.data_groups == {number: file_of(card, number) for number in (1, 14, 15)}
    assert reading.evidence.active_authentication is not None
    assert reading.portrait in file_of(card, 2)


class StrictFile:
    """A file whose reads may not pass its end, said with `beyond`; long ones too."""

    def __init__(self, content: bytes, beyond: Callable[[int], int]) -> None:
        self._content = content
        self._beyond = beyond

    def send(self, command: Command) -> Answer:
        odd = bool(command.ins & 1)
        offset = int.from_bytes(command.content[2:]) if odd else (command.p1 & 0x7F) << 8 | command.p2
        if command.p1 & 0x80 and not odd:
            offset = 0
        wanted = command.expected or 0
        if odd:
            wanted -= 2 if wanted <= 129 else 3 if wanted <= 258 else 4
        rest = self._content[offset : offset + wanted]
        if len(rest) < wanted:
            return Answer(content=b"", status=self._beyond(len(rest)))
        return Answer(content=encode(0x53, rest) if odd else rest, status=0x9000)


@pytest.mark.parametrize("beyond", [lambda _: 0x6B00, lambda left: 0x6C00 | left & 0xFF], ids=["6B00", "6Cxx"])
@pytest.mark.parametrize("length", [10, 217, 32_768, 32_900, 33_000, 66_000])
@pytest.mark.parametrize("size", [112, 223, 4000])
def test_no_read_but_the_first_passes_the_end_of_a_file(beyond: Callable[[int], int], length: int, size: int) -> None:
    content = encode(0x75, bytes(length))
    assert read_file(StrictFile(content, beyond), DATA_GROUPS[2], size, lambda _: None) == content


class Scripted:
    """Gives these statuses one after the other, without content."""

    def __init__(self, *statuses: int) -> None:
        self._statuses = list(statuses)
        self.sent: list[Command] = []

    def send(self, command: Command) -> Answer:
        self.sent.append(command)
        return Answer(content=b"", status=self._statuses.pop(0))


@pytest.mark.parametrize(
    ("statuses", "kind"),
    [
        ((0x6A86, 0x6A82), FileMissingError),
        ((0x6A86, 0x9000, 0x6A82), FileMissingError),
        ((0x6A86, 0x6982), UnexpectedStatusError),
        ((0x6A86, 0x6A86), UnexpectedStatusError),
        ((0x6B00, 0x6B00), UnexpectedStatusError),
        ((0x6C10, 0x6C10), UnexpectedStatusError),
    ],
)
def test_a_card_that_refuses_the_other_way_too_is_asked_no_more(
    statuses: tuple[int, ...], kind: type[CardReadError]
) -> None:
    card = Scripted(*statuses)
    with pytest.raises(kind):
        read_file(card, SECURITY_OBJECT, 223, lambda _: None)
    assert len(card.sent) == len(statuses)
