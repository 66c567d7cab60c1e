"""Answers that a reader must not take: secured ones that lack something, and wrong turns in PACE.

Which card does so: `faults`.
"""

from collections.abc import Callable

from provisioning.rehearsal.soft_chip.ciphers import CipherSuite
from provisioning.rehearsal.soft_chip.commands import Answer, StatusWord
from provisioning.rehearsal.soft_chip.faults import ChannelDeceit, ChannelTrick, PaceTrick
from provisioning.rehearsal.soft_chip.groups import Draw
from provisioning.rehearsal.soft_chip.secure_channel import SecureChannel
from provisioning.rehearsal.tlv_writing import CardObjectError, objects, tlv

_DYNAMIC = 0x7C
_MAC_OCTETS = 8
_MAC_OBJECT_OCTETS = 2 + _MAC_OCTETS


class HostileChannel(SecureChannel):
    """A session whose answers are honest up to a point."""

    def __init__(self, suite: CipherSuite, counter: int, deceit: ChannelDeceit) -> None:
        super().__init__(suite, counter)
        self._deceit = deceit
        self._sent = 0
        self._last = b"\x90\x00"

    def wrap(self, answer: Answer, *, odd_instruction: int) -> bytes:
        """The answer, spoilt once its turn has come."""
        self._sent += 1
        if self._sent < self._deceit.from_answer:
            self._last = super().wrap(answer, odd_instruction=odd_instruction)
            return self._last
        match self._deceit.trick:
            case ChannelTrick.PLAIN_ANSWER:
                return answer.encode()
            case ChannelTrick.REPLAYED:
                return self._last
            case ChannelTrick.NO_MAC | ChannelTrick.SHORT_MAC | ChannelTrick.WRONG_MAC as trick:
                return _spoilt_mac(super().wrap(answer, odd_instruction=odd_instruction), trick)
            case ChannelTrick.NO_STATUS | ChannelTrick.OTHER_STATUS | ChannelTrick.BAD_PADDING as trick:
                return self._sealed_otherwise(trick)

    def _sealed_otherwise(self, trick: ChannelTrick) -> bytes:
        """Objects that do not belong together, under a MAC that fits."""
        counter, status = self._step(), tlv(0x99, b"\x90\x00")
        match trick:
            case ChannelTrick.NO_STATUS:
                content = b""
            case ChannelTrick.OTHER_STATUS:
                content = tlv(0x99, b"\x62\x82")
            case _:
                unpadded = bytes(2 * self._suite.block_octets)
                content = tlv(0x87, b"\x01", self._suite.encrypt(counter, unpadded)) + status
        return self._sealed(counter, content, StatusWord.OK)


def _spoilt_mac(honest: bytes, trick: ChannelTrick) -> bytes:
    content, mac, status = honest[: -_MAC_OBJECT_OCTETS - 2], honest[-_MAC_OCTETS - 2 : -2], honest[-2:]
    match trick:
        case ChannelTrick.NO_MAC:
            return content + status
        case ChannelTrick.SHORT_MAC:
            return content + tlv(0x8E, mac[:4]) + status
        case _:
            return content + tlv(0x8E, bytes((mac[0] ^ 1,)) + mac[1:]) + status


def deceive_in_pace(trick: PaceTrick, command: bytes, honest: Answer) -> Answer:
    """What a card answers instead of `honest` to the GENERAL AUTHENTICATE with the data `command`."""
    try:
        ((_, content),) = objects(honest.body)
        parts = objects(content)
        sent = dict(objects(dict(objects(command))[_DYNAMIC]))
    except (CardObjectError, KeyError, ValueError):
        return honest
    spoilt = [(tag, value) for tag, old in parts if (value := _replaced(trick, tag, old, sent)) is not None]
    return Answer(status=honest.status, body=tlv(_DYNAMIC, *(tlv(tag, value) for tag, value in spoilt)))


def _replaced(trick: PaceTrick, tag: int, value: bytes, sent: dict[int, bytes]) -> bytes | None:
    answers: dict[tuple[PaceTrick, int], bytes | None] = {
        (PaceTrick.WRONG_TOKEN, 0x86): _last_bit_turned(value),
        (PaceTrick.NO_TOKEN, 0x86): None,
        (PaceTrick.SAME_MAPPING_KEY, 0x82): sent.get(0x81),
        (PaceTrick.SAME_KEY, 0x84): sent.get(0x83),
        (PaceTrick.MAPPING_OFF_GROUP, 0x82): _last_bit_turned(value),
        (PaceTrick.OFF_GROUP, 0x84): _last_bit_turned(value),
        (PaceTrick.INFINITY, 0x84): b"\x00" if value[:1] == b"\x04" else b"\x01",
    }
    return answers.get((trick, tag), value)


def _last_bit_turned(value: bytes) -> bytes:
    return value[:-1] + bytes((value[-1] ^ 1,)) if value else value


def without_mapping(honest: Answer) -> Answer:
    """PACE's last answer without the object of chip authentication mapping."""
    return _mapping_replaced(honest, lambda _: None)


def forge_mapping(honest: Answer, draw: Draw) -> Answer:
    """PACE's last answer with chance in the place of the chip's own data."""
    return _mapping_replaced(honest, lambda value: draw(len(value)))


def _mapping_replaced(honest: Answer, replace: Callable[[bytes], bytes | None]) -> Answer:
    if not honest.body:
        return honest
    ((_, content),) = objects(honest.body)
    parts = [(tag, replace(value) if tag == 0x8A else value) for tag, value in objects(content)]
    return Answer(
        status=honest.status, body=tlv(_DYNAMIC, *(tlv(tag, value) for tag, value in parts if value is not None))
    )
