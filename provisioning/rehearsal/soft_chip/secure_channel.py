"""The card's end of secure messaging: commands unwrapped, answers wrapped (ICAO Doc 9303-11 section 9.8)."""

import hmac
from dataclasses import replace

from models.errors import ClassroomError
from provisioning.rehearsal.soft_chip.ciphers import CipherSuite, pad, unpad
from provisioning.rehearsal.soft_chip.commands import Answer, Command, StatusWord
from provisioning.rehearsal.tlv_writing import CardObjectError, objects, tlv

_CRYPTOGRAM, _ODD_CRYPTOGRAM, _EXPECTED, _STATUS, _MAC = 0x87, 0x85, 0x97, 0x99, 0x8E


class ChannelBrokenError(ClassroomError):
    """A secured command is not sound; the card forgets its keys and answers `status` in the clear."""

    def __init__(self, status: StatusWord) -> None:
        super().__init__("The secured command is not sound.")
        self.status = status


class SecureChannel:
    """One session between card and reader. The counter is the card's state and steps with every message."""

    def __init__(self, suite: CipherSuite, counter: int = 0) -> None:
        self._suite = suite
        self._counter = counter

    def unwrap(self, command: Command) -> Command:
        """The plain command behind a secured one; raises `ChannelBrokenError` with 6987 or 6988."""
        counter = self._step()
        try:
            parts = dict(objects(command.body))
        except CardObjectError as error:
            raise ChannelBrokenError(StatusWord.SECURE_OBJECTS_WRONG) from error
        if _MAC not in parts:
            raise ChannelBrokenError(StatusWord.SECURE_OBJECTS_MISSING)
        before_mac = command.body[: len(command.body) - len(tlv(_MAC, parts[_MAC]))]
        header = bytes((command.cla, command.ins, command.p1, command.p2))
        message = counter + self._pad(header) + (self._pad(before_mac) if before_mac else b"")
        if not hmac.compare_digest(self._suite.mac(message), parts[_MAC]):
            raise ChannelBrokenError(StatusWord.SECURE_OBJECTS_WRONG)
        return replace(
            command,
            cla=command.cla & 0xF3,
            body=self._plain_body(counter, parts),
            expected=_expected(parts.get(_EXPECTED)),
        )

    def wrap(self, answer: Answer, *, odd_instruction: int) -> bytes:
        """The answer with cryptogram (when it has a body), status and MAC; `odd_instruction` is 1 or 0."""
        counter = self._step()
        content = b""
        if answer.body:
            cryptogram = self._suite.encrypt(counter, self._pad(answer.body))
            content = tlv(_ODD_CRYPTOGRAM, cryptogram) if odd_instruction else tlv(_CRYPTOGRAM, b"\x01", cryptogram)
        content += tlv(_STATUS, answer.status.to_bytes(2, "big"))
        return self._sealed(counter, content, answer.status)

    def _sealed(self, counter: bytes, content: bytes, status: int) -> bytes:
        return Answer(status=status, body=content + tlv(_MAC, self._suite.mac(counter + self._pad(content)))).encode()

    def _plain_body(self, counter: bytes, parts: dict[int, bytes]) -> bytes:
        if _CRYPTOGRAM in parts:
            marker, cryptogram = parts[_CRYPTOGRAM][:1], parts[_CRYPTOGRAM][1:]
        elif _ODD_CRYPTOGRAM in parts:
            marker, cryptogram = b"\x01", parts[_ODD_CRYPTOGRAM]
        else:
            return b""
        if marker != b"\x01" or not cryptogram or len(cryptogram) % self._suite.block_octets:
            raise ChannelBrokenError(StatusWord.SECURE_OBJECTS_WRONG)
        body = unpad(self._suite.decrypt(counter, cryptogram))
        if body is None:
            raise ChannelBrokenError(StatusWord.SECURE_OBJECTS_WRONG)
        return body

    def _pad(self, content: bytes) -> bytes:
        return pad(content, self._suite.block_octets)

    def _step(self) -> bytes:
        octets = self._suite.block_octets
        self._counter = (self._counter + 1) % (1 << 8 * octets)
        return self._counter.to_bytes(octets, "big")


def _expected(field: bytes | None) -> int | None:
    if field is None:
        return None
    return int.from_bytes(field, "big") or 1 << 8 * len(field)
