"""Our side of PACE and secure messaging against Debian's libeac3 as the card."""

import pytest

from edge.cards.access_key import AccessKey, CardAccessNumber, WrongKeyError
from edge.cards.card_reader import CardReadError
from edge.cards.read_identity_card import CardReading, ReadPolicy, read_identity_card
from models.chip.tlv import encode, parse_all, parse_one
from models.evidence import AccessProtocol
from tests.builders.libeac import libeac_path
from tests.builders.libeac_chip import CARD_ACCESS, LibeacChip
from tests.builders.needed_programs import need
from tests.builders.soft_card import file_of, good_card, mrz_key_of

AS_USUAL = ReadPolicy()
CAN = CardAccessNumber(digits="012345")


@pytest.fixture(autouse=True)
def _libeac() -> None:
    need("libeac3", libeac_path())


def files() -> dict[int, bytes]:
    return {number: file_of(good_card(), number) for number in (0x01, 0x02, 0x0E, 0x0F, 0x1D)}


def read(chip: LibeacChip, key: AccessKey, policy: ReadPolicy = AS_USUAL) -> CardReading:
    return read_identity_card(chip, key, policy, lambda _: None)


def test_pace_with_the_can_and_a_whole_reading() -> None:
    reading = read(LibeacChip("012345", files()), CAN)
    assert reading.evidence.access is AccessProtocol.PACE_CAN
    assert reading.evidence.ef_card_access == CARD_ACCESS
    assert reading.evidence.data_groups == {number: files()[number] for number in (1, 14, 15)}
    assert reading.portrait in files()[2]
    refused = 1  # chip authentication, for which this chip has no key
    assert reading.trace.apdus == reading.trace.minimum_apdus + refused


def test_pace_with_the_zone() -> None:
    reading = read(LibeacChip(good_card().mrz, files()), mrz_key_of(good_card()))
    assert reading.evidence.access is AccessProtocol.PACE_MRZ


def test_pace_on_p256() -> None:
    card_access = CARD_ACCESS[:-1] + bytes([12])
    reading = read(LibeacChip("012345", files(), card_access=card_access), CAN)
    assert reading.evidence.ef_card_access == card_access


def test_a_wrong_can_is_said() -> None:
    with pytest.raises(WrongKeyError):
        read(LibeacChip("012345", files()), CardAccessNumber(digits="012346"))


@pytest.mark.parametrize("size", [16, 112, 223])
def test_every_read_size_gives_the_same_files(size: int) -> None:
    reading = read(LibeacChip("012345", files()), CAN, ReadPolicy(read_size=size))
    assert reading.portrait in files()[2]


def test_a_portrait_beyond_32_kilobytes_is_read_with_the_odd_instruction() -> None:
    count, template = parse_all(parse_one(parse_one(files()[2], 0x75), 0x7F61))
    header, picture = parse_all(template.value)
    record = picture.value + bytes(40_000)
    record = record[:8] + len(record).to_bytes(4) + record[12:14] + (len(record) - 14).to_bytes(4) + record[18:]
    parts = encode(header.tag, header.value) + encode(picture.tag, record)
    long = encode(0x75, encode(0x7F61, encode(count.tag, count.value) + encode(template.tag, parts)))
    reading = read(LibeacChip("012345", files() | {2: long}), CAN)
    assert len(reading.portrait) > 40_000
    assert reading.portrait in long


def test_the_card_refuses_a_disturbed_command() -> None:
    chip = LibeacChip("012345", files())

    class Disturbed:
        def transmit(self, command: bytes) -> bytes:
            if command[0] == 0x0C:
                command = command[:-2] + bytes([command[-2] ^ 1]) + command[-1:]
            return chip.transmit(command)

    with pytest.raises(CardReadError):
        read_identity_card(Disturbed(), CAN, ReadPolicy(), lambda _: None)
