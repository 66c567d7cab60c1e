from collections.abc import Callable

import msgspec
import pytest

from edge.cards.access_key import AccessKey, CardAccessNumber, MrzKey, WrongKeyError
from edge.cards.apdu import Answer, Command, UnexpectedStatusError
from edge.cards.card_files import DATA_GROUPS, FileMissingError, read_file
from edge.cards.card_reader import CardMuteError, CardReadError, CardRemovedError, ReaderHungError, ReaderLostError
from edge.cards.chip_opening import NoPaceError
from edge.cards.pace_choice import UnsupportedPaceError
from edge.cards.read_identity_card import (
    CardReading,
    ReadPolicy,
    ReadStep,
    read_identity_card,
)
from edge.cards.secure_messaging import ChannelBrokenError
from edge.cards.trouble import trouble_of
from models.chip.tlv import ParseError, encode
from models.evidence import AccessProtocol, CardTrouble
from provisioning.rehearsal.card_files import CardVariant
from provisioning.rehearsal.soft_chip.card import Card, ShortFile
from tests.builders.soft_card import Disturb, SoftCardReader, can_of, file_of, good_card, mrz_key_of

AS_USUAL = ReadPolicy()
KeyOf = Callable[[Card], AccessKey]


def read(
    card: Card, key: AccessKey | None = None, policy: ReadPolicy = AS_USUAL, disturb: Disturb | None = None
) -> CardReading:
    reader = SoftCardReader(card, disturb) if disturb else SoftCardReader(card)
    return read_identity_card(reader, key or can_of(card), policy, lambda _: None)


def without_card_access(card: Card) -> Card:
    return msgspec.structs.replace(
        card, files={number: file for number, file in card.files.items() if number != ShortFile.CARD_ACCESS}
    )


def with_file(card: Card, number: ShortFile, content: bytes) -> Card:
    return msgspec.structs.replace(card, files=card.files | {number: content})


@pytest.mark.parametrize(
    ("key_of", "access"), [(can_of, AccessProtocol.PACE_CAN), (mrz_key_of, AccessProtocol.PACE_MRZ)]
)
def test_a_card_is_read_whole_with_the_least_possible_commands(key_of: KeyOf, access: AccessProtocol) -> None:
    card = good_card()
    reading = read(card, key_of(card))
    assert reading.evidence.access is access
    assert reading.evidence.ef_card_access == card.files[ShortFile.CARD_ACCESS]
    assert reading.evidence.security_object == card.files[ShortFile.SOD]
    assert reading.evidence.data_groups == {number: file_of(card, number) for number in (1, 14, 15)}
    assert reading.portrait in file_of(card, 2)
    assert reading.trace.apdus == reading.trace.minimum_apdus
    assert [step.name for step in reading.trace.steps] == [
        "EF.CardAccess",
        "secure channel",
        "application",
        "EF.SOD",
        "DG14",
        "chip authentication",
        "DG1",
        "DG2",
        "DG15",
        "active authentication",
    ]


def test_a_card_without_pace_opens_with_bac_where_that_is_allowed() -> None:
    card = without_card_access(good_card())
    reading = read(card, mrz_key_of(card), ReadPolicy(allow_bac=True))
    assert reading.evidence.access is AccessProtocol.BAC
    assert reading.evidence.ef_card_access == b""
    assert reading.evidence.data_groups[1] == file_of(card, 1)


def test_a_card_without_pace_stays_shut_where_bac_is_not_allowed() -> None:
    card = without_card_access(good_card())
    with pytest.raises(NoPaceError):
        read(card, mrz_key_of(card))


def test_six_digits_do_not_open_a_card_without_pace() -> None:
    with pytest.raises(WrongKeyError, match="machine readable zone"):
        read(without_card_access(good_card()), policy=ReadPolicy(allow_bac=True))


def test_refusal_20_a_wrong_number_is_tried_once_and_said() -> None:
    reader = SoftCardReader(good_card())
    with pytest.raises(WrongKeyError):
        read_identity_card(reader, CardAccessNumber(digits="000000"), ReadPolicy(), lambda _: None)
    assert len(reader.commands) == 6


def test_a_wrong_zone_does_not_open_by_bac() -> None:
    card = without_card_access(good_card())
    wrong = MrzKey(document_number="000000000", birth_date="080903", expiry_date="330903")
    with pytest.raises(WrongKeyError):
        read(card, wrong, ReadPolicy(allow_bac=True))


def test_refusal_15_a_card_that_fails_pace_never_gets_bac() -> None:
    card = good_card()
    reader = SoftCardReader(card, lambda number, _, answer: b"\x69\x00" if number == 4 else answer)
    with pytest.raises(CardReadError):
        read_identity_card(reader, mrz_key_of(card), ReadPolicy(allow_bac=True), lambda _: None)
    assert 0x84 not in {command[1] for command in reader.commands}


def test_refusal_15_a_card_with_unknown_pace_never_gets_bac() -> None:
    card = good_card()
    other = card.files[ShortFile.CARD_ACCESS].replace(bytes.fromhex("040202"), bytes.fromhex("040902"))
    reader = SoftCardReader(with_file(card, ShortFile.CARD_ACCESS, other))
    with pytest.raises(UnsupportedPaceError):
        read_identity_card(reader, mrz_key_of(card), ReadPolicy(allow_bac=True), lambda _: None)
    assert 0x84 not in {command[1] for command in reader.commands}


def test_progress_rises_to_the_end() -> None:
    card, steps = good_card(), list[ReadStep]()
    read_identity_card(SoftCardReader(card), can_of(card), ReadPolicy(), steps.append)
    shares = [step.share for step in steps]
    assert shares == sorted(shares)
    assert shares[0] == 0.0
    assert shares[-1] == 1.0
    assert sum(step.name == "DG2" for step in steps) > 10


def test_the_security_object_is_read_first_and_its_list_rules() -> None:
    card = good_card()
    stripped = msgspec.structs.replace(
        card, files={number: file for number, file in card.files.items() if number != ShortFile.DG15}
    )
    assert read(stripped).evidence.data_groups.keys() == {1, 14}


def test_a_card_without_portrait_is_not_read() -> None:
    files = {number: file for number, file in good_card().files.items() if number != ShortFile.DG2}
    with pytest.raises(FileMissingError):
        read(msgspec.structs.replace(good_card(), files=files))


def test_an_unreadable_security_object_still_becomes_evidence() -> None:
    reading = read(with_file(good_card(), ShortFile.SOD, encode(0x77, b"\x30\x00")))
    assert reading.evidence.data_groups.keys() == {1}


@pytest.mark.parametrize("size", [8, 16, 112, 223, 500])
def test_smaller_reads_give_the_same_files(size: int) -> None:
    card = good_card()
    assert read(card, policy=ReadPolicy(read_size=size)).evidence.data_groups[14] == file_of(card, 14)


@pytest.mark.parametrize(
    ("variant", "trouble"),
    [(CardVariant.DAMAGED, CardTrouble.UNREADABLE), (CardVariant.PULLED_OUT, CardTrouble.REMOVED)],
)
def test_refusal_23_a_card_that_breaks_off_gives_no_partial_result(variant: CardVariant, trouble: CardTrouble) -> None:
    with pytest.raises(CardReadError) as caught:
        read(good_card(variant))
    assert trouble_of(caught.value) is trouble


@pytest.mark.parametrize("status", ["6282", "6B00", "6C10", "6110", "6700", "6F00", "9000"])
@pytest.mark.parametrize("at", [1, 2, 4, 7, 12])
def test_refusal_23_a_bare_status_at_any_point_ends_the_reading_by_name(at: int, status: str) -> None:
    def disturb(number: int, _command: bytes, answer: bytes) -> bytes:
        return bytes.fromhex(status) if number >= at else answer

    with pytest.raises((CardReadError, ParseError)):
        read(good_card(), disturb=disturb)


def test_a_card_that_gives_a_file_byte_by_byte_is_given_up() -> None:
    class Dripping:
        sent = 0

        def send(self, command: Command) -> Answer:
            self.sent += 1
            first = command.p1 & 0x80
            return Answer(content=bytes.fromhex("7583010000") if first else b"\x00", status=0x9000)

    channel = Dripping()
    with pytest.raises(CardMuteError):
        read_file(channel, DATA_GROUPS[2], 223, lambda _: None)
    assert channel.sent < 1000


def test_a_card_that_gives_more_than_was_asked_for_is_not_believed() -> None:
    class Lavish:
        def send(self, command: Command) -> Answer:
            return Answer(content=b"\x75\x81\xf0" + bytes(command.expected or 0), status=0x9000)

    with pytest.raises(CardMuteError):
        read_file(Lavish(), DATA_GROUPS[2], 223, lambda _: None)


@pytest.mark.parametrize(
    ("error", "trouble"),
    [
        (CardRemovedError("x"), CardTrouble.REMOVED),
        (ReaderLostError("x"), CardTrouble.READER_LOST),
        (ReaderHungError("x"), CardTrouble.READER_HUNG),
        (WrongKeyError("x"), CardTrouble.WRONG_KEY),
        (ChannelBrokenError("x"), CardTrouble.REFUSED_CHANNEL),
        (CardMuteError("x"), CardTrouble.UNREADABLE),
        (UnexpectedStatusError("x", 0x6F00), CardTrouble.UNREADABLE),
        (NoPaceError("x"), CardTrouble.UNREADABLE),
        (ParseError("x"), CardTrouble.UNREADABLE),
    ],
)
def test_every_error_has_its_word(error: CardReadError | ParseError, trouble: CardTrouble) -> None:
    assert trouble_of(error) is trouble


def test_nothing_personal_stands_in_the_text_of_a_reading_or_key() -> None:
    card = good_card()
    text = f"{read(card)!r} {can_of(card)!r} {mrz_key_of(card)!r}"
    for secret in (card.access_number, card.mrz[5:14], card.mrz[60:70].rstrip("<")):
        assert secret not in text
