"""Commands in their short, extended and chained forms, and what a card may answer to them on the way."""

import pytest

from edge.cards.apdu import Command, PlainChannel, in_chain
from edge.cards.card_reader import CardMuteError


class Answering:
    """Gives these answers one after the other, the last one for ever."""

    def __init__(self, *answers: str) -> None:
        self._answers = [bytes.fromhex(answer) for answer in answers]
        self.commands: list[str] = []

    def transmit(self, command: bytes) -> bytes:
        self.commands.append(command.hex())
        return self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]


@pytest.mark.parametrize(
    ("command", "encoded"),
    [
        (Command(ins=0x84, expected=8), "0084000008"),
        (Command(ins=0xB0, expected=256), "00b0000000"),
        (Command(ins=0xB0, expected=257), "00b00000000101"),
        (Command(ins=0xB0, expected=65_536), "00b00000000000"),
        (Command(ins=0x88, content=b"\x01", expected=256), "00880000010100"),
        (Command(ins=0x88, content=b"\x01", expected=512), "00880000000001010200"),
        (Command(ins=0x22, content=bytes(256)), "00220000000100" + "00" * 256),
    ],
)
def test_lengths_are_written_in_the_shortest_form_that_holds_them(command: Command, encoded: str) -> None:
    assert command.encode().hex() == encoded


def test_content_that_does_not_fit_goes_as_a_chain_whose_last_command_asks_for_the_answer() -> None:
    command = Command(ins=0x86, content=bytes(range(10)), expected=256)
    parts = in_chain(command, 4)
    assert [(part.cla, len(part.content), part.expected) for part in parts] == [
        (16, 4, None),
        (16, 4, None),
        (0, 2, 256),
    ]
    assert b"".join(part.content for part in parts) == command.content
    assert in_chain(command, 10) == (command,)
    assert in_chain(Command(ins=0x84, expected=8), 4) == (Command(ins=0x84, expected=8),)


def test_a_long_answer_in_pieces_is_put_together() -> None:
    reader = Answering("01026102", "03049000")
    answer = PlainChannel(reader).send(Command(ins=0xB0, expected=256))
    assert (answer.content.hex(), answer.status) == ("01020304", 0x9000)
    assert reader.commands[1] == "00c0000002"


@pytest.mark.parametrize(("expected", "again"), [(256, "00b0000003"), (512, "00b00000000003")])
def test_a_card_that_names_the_length_is_asked_once_more_for_it(expected: int, again: str) -> None:
    reader = Answering("6c03", "0102039000")
    answer = PlainChannel(reader).send(Command(ins=0xB0, expected=expected))
    assert answer.content.hex() == "010203"
    assert reader.commands[1] == again
    stubborn = Answering("6c03")
    assert PlainChannel(stubborn).send(Command(ins=0xB0, expected=expected)).status == 0x6C03
    assert len(stubborn.commands) == 2


def test_a_length_named_beside_content_is_a_protected_answer_and_the_command_is_not_sent_twice() -> None:
    reader = Answering("99026c036c03", "0102039000")
    answer = PlainChannel(reader).send(Command(ins=0xB0, expected=256))
    assert (answer.content.hex(), answer.status) == ("99026c03", 0x6C03)
    assert len(reader.commands) == 1


def test_an_answer_that_never_ends_is_given_up() -> None:
    reader = Answering("0061ff")
    with pytest.raises(CardMuteError):
        PlainChannel(reader).send(Command(ins=0xB0, expected=256))
    assert len(reader.commands) < 300


def test_an_answer_without_status_is_none() -> None:
    with pytest.raises(CardMuteError):
        PlainChannel(Answering("90")).send(Command(ins=0xB0, expected=256))
