"""What a misbehaving card says on the wire, and the habits in which honest cards differ."""

import pytest
from msgspec.structs import replace

from provisioning.rehearsal.key_drawing import new_agreement_key, new_rsa_signing_key
from provisioning.rehearsal.soft_chip.card import Card, ShortFile
from provisioning.rehearsal.soft_chip.chip import CardHangsError, SoftChip
from provisioning.rehearsal.soft_chip.commands import Answer
from provisioning.rehearsal.soft_chip.dialect import SHORT_ONLY, Dialect, EndOfFile, LongAnswers
from provisioning.rehearsal.soft_chip.faults import (
    ChannelDeceit,
    ChannelTrick,
    CutShort,
    Fault,
    Hanging,
    PaceTrick,
)
from provisioning.rehearsal.soft_chip.groups import GROUPS
from provisioning.rehearsal.soft_chip.hostile_answers import deceive_in_pace
from provisioning.rehearsal.tlv_writing import objects, tlv
from tests.builders.plain_terminal import PlainTerminal, open_by_bac
from tests.builders.soft_card import good_card

READ_DG1 = ("0CB08100", b"", b"\x04")
CHALLENGE = bytes.fromhex("0123456789ABCDEF")


def opened(*, fault: Fault | None = None, dialect: Dialect | None = None, card: Card | None = None) -> PlainTerminal:
    card = card or good_card()
    laid = replace(card, fault=fault, dialect=dialect or card.dialect)
    return open_by_bac(SoftChip(laid), laid.mrz_key_text)


def second_answer(trick: ChannelTrick) -> bytes:
    terminal = opened(fault=ChannelDeceit(trick=trick, from_answer=2))
    assert terminal.ask(*READ_DG1)[0] == 0x9000
    return terminal.chip.respond(terminal.secured(*READ_DG1))


def test_a_plain_answer_is_the_file_itself() -> None:
    assert second_answer(ChannelTrick.PLAIN_ANSWER) == good_card().files[ShortFile.DG1][:4] + b"\x90\x00"


@pytest.mark.parametrize(
    ("trick", "mac_octets", "has_status"),
    [
        (ChannelTrick.NO_MAC, None, True),
        (ChannelTrick.SHORT_MAC, 4, True),
        (ChannelTrick.WRONG_MAC, 8, True),
        (ChannelTrick.NO_STATUS, 8, False),
        (ChannelTrick.OTHER_STATUS, 8, True),
        (ChannelTrick.BAD_PADDING, 8, True),
    ],
)
def test_spoilt_answers_end_in_9000_and_lack_what_their_name_says(
    trick: ChannelTrick, mac_octets: int | None, *, has_status: bool
) -> None:
    answer = second_answer(trick)
    parts = dict(objects(answer[:-2]))
    assert answer[-2:] == b"\x90\x00"
    assert (0x99 in parts) is has_status
    assert (len(parts[0x8E]) if 0x8E in parts else None) == mac_octets


def test_a_replayed_answer_is_the_last_one_octet_for_octet() -> None:
    terminal = opened(fault=ChannelDeceit(trick=ChannelTrick.REPLAYED, from_answer=2))
    first = terminal.chip.respond(terminal.secured(*READ_DG1))
    terminal.hear()
    assert terminal.chip.respond(terminal.secured(*READ_DG1)) == first


@pytest.mark.parametrize(
    ("trick", "sent", "honest", "said"),
    [
        (PaceTrick.WRONG_TOKEN, (0x85, b"12345678"), (0x86, b"\x00" * 8), (0x86, b"\x00" * 7 + b"\x01")),
        (PaceTrick.NO_TOKEN, (0x85, b"12345678"), (0x86, b"\x00" * 8), None),
        (PaceTrick.SAME_KEY, (0x83, b"ours"), (0x84, b"theirs"), (0x84, b"ours")),
        (PaceTrick.SAME_MAPPING_KEY, (0x81, b"ours"), (0x82, b"theirs"), (0x82, b"ours")),
        (PaceTrick.OFF_GROUP, (0x83, b"ours"), (0x84, b"\x04\x02"), (0x84, b"\x04\x03")),
        (PaceTrick.MAPPING_OFF_GROUP, (0x81, b"ours"), (0x82, b"\x04\x02"), (0x82, b"\x04\x03")),
        (PaceTrick.INFINITY, (0x83, b"ours"), (0x84, b"\x04\x02"), (0x84, b"\x00")),
        (PaceTrick.WRONG_TOKEN, (0x83, b"ours"), (0x84, b"theirs"), (0x84, b"theirs")),
    ],
)
def test_a_trick_in_pace_changes_one_answer_and_no_other(
    trick: PaceTrick, sent: tuple[int, bytes], honest: tuple[int, bytes], said: tuple[int, bytes] | None
) -> None:
    answer = Answer(status=0x9000, body=tlv(0x7C, tlv(*honest)))
    spoilt = deceive_in_pace(trick, tlv(0x7C, tlv(*sent)), answer)
    assert objects(objects(spoilt.body)[0][1]) == ([] if said is None else [said])


def test_a_hanging_card_answers_other_reads_and_not_that_one() -> None:
    terminal = opened(fault=Hanging(file=ShortFile.DG2, at_octet=100))
    assert terminal.ask(*READ_DG1)[0] == 0x9000
    with pytest.raises(CardHangsError):
        terminal.ask("0CB08200", expected=b"\xdf")


@pytest.mark.parametrize("status", [0x9000, 0x6282, 0x6B00])
def test_a_file_cut_short_gives_what_lies_before_the_cut(status: int) -> None:
    terminal = opened(fault=CutShort(file=ShortFile.DG2, at_octet=50, status=status))
    assert terminal.ask("0CB08200", expected=b"\x20") == (0x9000, good_card().files[ShortFile.DG2][:32])
    assert terminal.ask("0CB00020", expected=b"\x20") == (status, good_card().files[ShortFile.DG2][32:50])
    assert terminal.ask("0CB00032", expected=b"\x20") == (status, b"")


@pytest.mark.parametrize(
    ("habit", "status", "has_content"),
    [
        (EndOfFile.WARNING, 0x6282, True),
        (EndOfFile.EXACT, 0x6C05, False),
        (EndOfFile.SILENT, 0x9000, True),
        (EndOfFile.OUTSIDE, 0x6B00, False),
    ],
)
def test_reading_over_the_end_is_answered_by_habit(habit: EndOfFile, status: int, *, has_content: bool) -> None:
    terminal, zone = opened(dialect=Dialect(end_of_file=habit)), good_card().files[ShortFile.DG1]
    assert terminal.ask("0CB08100", expected=b"\x04") == (0x9000, zone[:4])
    assert terminal.ask("0CB0005A", expected=b"\x08") == (status, zone[-5:] if has_content else b"")


def test_a_short_card_refuses_extended_commands_and_long_answers() -> None:
    card = replace(good_card(), active_key=new_rsa_signing_key(2048))
    terminal = opened(card=card, dialect=SHORT_ONLY)
    assert terminal.chip.respond(bytes.fromhex("00B08100000004")) == b"\x67\x00"
    assert terminal.chip.respond(terminal.secured("0C880000", CHALLENGE, b"\x00")) == b"\x67\x00"


def test_a_long_answer_comes_in_pieces_where_the_card_has_that_habit() -> None:
    card = replace(good_card(), active_key=new_rsa_signing_key(2048))
    pieces = opened(card=card, dialect=Dialect(long_answers=LongAnswers.IN_PIECES))
    first = pieces.chip.respond(pieces.secured("0C880000", CHALLENGE, b"\x00"))
    assert (len(first), first[-2]) == (258, 0x61)
    rest = pieces.chip.respond(bytes.fromhex("00C00000") + first[-1:])
    assert (len(rest) - 2, rest[-2:]) == (first[-1], b"\x90\x00")
    parts = dict(objects(first[:-2] + rest[:-2]))
    assert {0x87, 0x99, 0x8E} == parts.keys()
    assert pieces.chip.respond(bytes.fromhex("00C0000000")) == b"\x6d\x00"


def test_the_master_file_and_short_identifiers_by_habit() -> None:
    chip = SoftChip(replace(good_card(), dialect=Dialect(master_file_selectable=True, short_identifiers=False)))
    assert chip.respond(bytes.fromhex("00A4000C023F00")) == b"\x90\x00"
    assert chip.respond(bytes.fromhex("00B09C0000")) == b"\x6a\x86"
    assert chip.respond(bytes.fromhex("00A4020C02011C")) == b"\x90\x00"
    assert chip.respond(bytes.fromhex("00B0000002")) == good_card().files[ShortFile.CARD_ACCESS][:2] + b"\x90\x00"


def test_a_card_may_want_to_hear_its_curve() -> None:
    chip = SoftChip(replace(good_card(), dialect=Dialect(parameter_demanded=True)))
    assert chip.respond(bytes.fromhex("0022C1A40F800A04007F00070202040202830102")) == b"\x6a\x87"
    assert chip.respond(bytes.fromhex("0022C1A412800A04007F0007020204020283010284010D")) == b"\x90\x00"


def test_a_card_may_count_tries() -> None:
    chip = SoftChip(replace(good_card(), dialect=Dialect(counts_tries=True)))
    group = GROUPS[13]
    for left in (14, 13):
        chip.respond(bytes.fromhex("0022C1A40F800A04007F00070202040202830102"))
        chip.respond(bytes.fromhex("10860000027C0000"))
        for tag in (0x81, 0x83):
            key = tlv(0x7C, tlv(tag, group.power(7, group.base)))
            chip.respond(bytes.fromhex("10860000") + bytes((len(key),)) + key + b"\x00")
        token = tlv(0x7C, tlv(0x85, bytes(8)))
        assert chip.respond(bytes.fromhex("00860000") + bytes((len(token),)) + token + b"\x00") == bytes(
            (0x63, 0xC0 | left)
        )


def test_odd_read_gives_a_file_beyond_32_kilobytes() -> None:
    card = good_card()
    long = tlv(0x75, bytes(range(256)) * 160)
    terminal = opened(card=replace(card, files=card.files | {ShortFile.DG2: long}))
    terminal.ask("0CB08200", expected=b"\x04")
    status, content = terminal.ask("0CB10000", bytes.fromhex("54029000"), b"\x40")
    assert (status, objects(content)) == (0x9000, [(0x53, long[0x9000:][: len(content) - 2])])


def test_chip_authentication_takes_a_long_key_in_a_chain() -> None:
    key = new_agreement_key(1)
    terminal = opened(card=replace(good_card(), chip_key=key))
    body = tlv(0x7C, tlv(0x80, b"\x02" * 256))
    terminal.ask("0C2241A4", tlv(0x80, key.oid))
    assert terminal.ask("1C860000", body[:200]) == (0x9000, b"")
    # The number is not in the subgroup, so the whole of it was looked at.
    assert terminal.ask("0C860000", body[200:], b"\x00") == (0x6A80, b"")
