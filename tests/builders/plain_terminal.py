"""The reader's end of BAC and secure messaging for tests of the soft chip; proven by the ICAO examples there.

Not the product's reader: that one (`edge.cards`) is tested against the soft chip in its own room.
"""

import hashlib
from dataclasses import dataclass

from provisioning.rehearsal.soft_chip.bac import bac_suite
from provisioning.rehearsal.soft_chip.chip import APPLICATION, SoftChip
from provisioning.rehearsal.soft_chip.ciphers import CipherSuite, TripleDesSuite, pad, unpad
from provisioning.rehearsal.tlv_writing import objects, tlv


class PlainTerminal:
    """Speaks secured commands to a chip; the counter runs along with the card's."""

    def __init__(self, chip: SoftChip, suite: CipherSuite, counter: int) -> None:
        self.chip = chip
        self._suite = suite
        self._counter = counter

    def secured(self, header: str, body: bytes = b"", expected: bytes = b"") -> bytes:
        """The secured command for a plain header (four octets in hex with class 0C)."""
        self._counter += 1
        content = b""
        if body:
            cryptogram = self._suite.encrypt(self._octets(), self._pad(body))
            content = tlv(0x85, cryptogram) if _is_odd(header) else tlv(0x87, b"\x01", cryptogram)
        content += tlv(0x97, expected) if expected else b""
        first = self._pad(bytes.fromhex(header))
        mac = self._suite.mac(self._octets() + first + (self._pad(content) if content else b""))
        content += tlv(0x8E, mac)
        if len(expected) == 2 or len(content) > 255:
            return bytes.fromhex(header) + b"\x00" + len(content).to_bytes(2, "big") + content + b"\x00\x00"
        return bytes.fromhex(header) + bytes((len(content),)) + content + b"\x00"

    def ask(self, header: str, body: bytes = b"", expected: bytes = b"") -> tuple[int, bytes]:
        """Status word and plain body of one secured exchange; the answer's MAC is checked."""
        answer = self.chip.respond(self.secured(header, body, expected))
        parts = dict(objects(answer[:-2]))
        self._counter += 1
        without_mac = answer[: len(answer) - 2 - 10]
        assert parts[0x8E] == self._suite.mac(self._octets() + self._pad(without_mac))
        cryptogram = parts.get(0x85, parts.get(0x87, b"")[1:])
        plain = unpad(self._suite.decrypt(self._octets(), cryptogram)) if cryptogram else b""
        assert plain is not None
        assert parts[0x99] == answer[-2:]
        return int.from_bytes(parts[0x99], "big"), plain

    def read_file(self, short_file: int, chunk: int = 223) -> bytes:
        """A whole file by short identifier and offset, until its announced length is there."""
        status, content = self.ask(f"0CB0{0x80 | short_file:02X}00", expected=bytes((chunk,)))
        while status == 0x9000:
            high, low = divmod(len(content), 256)
            status, more = self.ask(f"0CB0{high:02X}{low:02X}", expected=bytes((chunk,)))
            content += more
        return content

    def hear(self) -> None:
        """Counts an answer that nobody unwraps."""
        self._counter += 1

    def restart(self, suite: CipherSuite) -> None:
        """Goes on under other keys, as after chip authentication."""
        self._suite = suite
        self._counter = 0

    def _pad(self, content: bytes) -> bytes:
        return pad(content, self._suite.block_octets)

    def _octets(self) -> bytes:
        return self._counter.to_bytes(self._suite.block_octets, "big")


def _is_odd(header: str) -> bool:
    return bool(bytes.fromhex(header)[1] & 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class BacSecrets:
    """What the reader draws in BAC."""

    challenge: bytes = bytes.fromhex("781723860C06C226")
    key: bytes = bytes.fromhex("0B795240CB7049B01C19B33E32804F0B")


def bac_command(mrz_key_text: str, card_challenge: bytes, drawn: BacSecrets) -> bytes:
    """EXTERNAL AUTHENTICATE of the reader."""
    access = _access_keys(mrz_key_text)
    cryptogram = access.encrypt(bytes(8), drawn.challenge + card_challenge + drawn.key)
    return bytes.fromhex("0082000028") + cryptogram + access.mac(pad(cryptogram, 8)) + b"\x28"


def open_by_bac(chip: SoftChip, mrz_key_text: str) -> PlainTerminal:
    """Selects the application and opens it by Basic Access Control."""
    drawn = BacSecrets()
    assert chip.respond(bytes.fromhex("00A4040C07") + APPLICATION) == b"\x90\x00"
    card_challenge = chip.respond(bytes.fromhex("0084000008"))[:8]
    answer = chip.respond(bac_command(mrz_key_text, card_challenge, drawn))
    assert answer[-2:] == b"\x90\x00"
    access = _access_keys(mrz_key_text)
    content = access.decrypt(bytes(8), answer[:32])
    secret = bytes(a ^ b for a, b in zip(drawn.key, content[16:], strict=True))
    return PlainTerminal(chip, bac_suite(secret), int.from_bytes(card_challenge[4:] + drawn.challenge[4:], "big"))


def _access_keys(mrz_key_text: str) -> TripleDesSuite:
    return bac_suite(hashlib.sha1(mrz_key_text.encode()).digest()[:16])  # noqa: S324 - the standard's hash
