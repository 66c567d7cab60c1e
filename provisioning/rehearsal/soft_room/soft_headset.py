"""The ADB side of a headset in software: the handshake with a real check of the RSA signature, and a shell.

Of the wire only what a reader needs: CNXN, AUTH, OPEN of `shell:`, WRTE, OKAY, CLSE. Source: AOSP `protocol.txt`;
Debian's adb client speaks to it (`tests/agreements/test_headsets.py`). Not here: ports (`headset_program`).
"""

import asyncio
import base64
import os
import struct
from collections.abc import Iterator
from contextlib import suppress
from enum import StrEnum
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey, RSAPublicNumbers
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.hashes import SHA1

from models.errors import SettingsError
from provisioning.rehearsal.soft_room.headset_shell import HeadsetShell

VERSION: Final = 0x01000000
MOST_DATA: Final = 4096
"""What each message carries at most: larger answers come in pieces, as real ones do."""

_TOKEN: Final = 1
LATE_SECONDS: Final = 1.5
_KEY_BYTES: Final = 256


class HeadsetFault(StrEnum):
    """What is wrong with a headset."""

    NONE = "none"
    DEAD = "dead"
    """It takes the connection and never says a word."""
    SLOW = "slow"
    """Each answer comes `LATE_SECONDS` late."""
    REFUSES_KEY = "refuses-key"
    """It accepts nobody, and nobody wears it to say yes."""
    GARBAGE = "garbage"
    ENDLESS = "endless"
    """An answer that never ends."""
    LEAVES = "leaves"
    """It is pulled out in the middle of an answer."""


class SoftHeadset:
    """One headset. `accepted` holds the keys that it knows; with `wearer_agrees` an offered key becomes one of them."""

    def __init__(
        self,
        shell: HeadsetShell,
        accepted: set[bytes],
        fault: HeadsetFault = HeadsetFault.NONE,
        *,
        wearer_agrees: bool = False,
    ) -> None:
        self.shell = shell
        self.fault = fault
        self.accepted = accepted
        self.asked: list[str] = []
        """Every service that was opened, in order: what a test holds against the allow-list."""
        self.offers = 0
        self._wearer_agrees = wearer_agrees

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection until it ends."""
        ends = (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError, _UnreadableError)
        try:
            with suppress(*ends):
                await self._converse(_Wire(reader, writer))
        finally:
            writer.close()

    async def _converse(self, wire: "_Wire") -> None:
        if self.fault is HeadsetFault.DEAD:
            await wire.reader.read()
            return
        if self.fault is HeadsetFault.GARBAGE:
            wire.writer.write(os.urandom(4096))
            await wire.reader.read()
            return
        await self._greet(wire)
        while True:
            command, first, _, data = await self._hear(wire)
            if command == b"OPEN":
                await self._open(wire, first, data.rstrip(b"\0").decode("utf-8", "replace"))

    async def _greet(self, wire: "_Wire") -> None:
        """Until a key is accepted: nothing else is done for who has none."""
        token = os.urandom(20)
        while True:
            command, first, _, data = await self._hear(wire)
            match command, first:
                case b"AUTH", 2 if self._is_signed(token, data):
                    break
                case b"AUTH", 3:
                    self.offers += 1
                    if self._wearer_agrees:
                        self.accepted.add(data.rstrip(b"\0").partition(b" ")[0])
                        break
                case b"CNXN" | b"AUTH", _:
                    token = os.urandom(20)
                    wire.say(b"AUTH", _TOKEN, 0, token)
        wire.say(b"CNXN", VERSION, MOST_DATA, self.shell.banner.encode())

    async def _hear(self, wire: "_Wire") -> tuple[bytes, int, int, bytes]:
        heard = await wire.hear()
        if self.fault is HeadsetFault.SLOW:
            await asyncio.sleep(LATE_SECONDS)
        return heard

    def _is_signed(self, token: bytes, signature: bytes) -> bool:
        if self.fault is HeadsetFault.REFUSES_KEY:
            return False
        for key in self.accepted:
            with suppress(InvalidSignature):
                public_key(key).verify(signature, token, PKCS1v15(), Prehashed(SHA1()))  # noqa: S303 - the protocol's own form
                return True
        return False

    async def _open(self, wire: "_Wire", theirs: int, service: str) -> None:
        self.asked.append(service)
        if not service.startswith("shell:"):
            wire.say(b"CLSE", 0, theirs)
            return
        ours = len(self.asked)
        wire.say(b"OKAY", ours, theirs)
        for piece in self._answer(service.removeprefix("shell:")):
            wire.say(b"WRTE", ours, theirs, piece)
            while (await wire.hear())[0] != b"OKAY":
                pass
            if self.fault is HeadsetFault.LEAVES:
                wire.writer.close()
        wire.say(b"CLSE", ours, theirs)

    def _answer(self, command: str) -> Iterator[bytes]:
        said = self.shell.answer(command).encode()
        while True:
            for begin in range(0, len(said), MOST_DATA):
                yield said[begin : begin + MOST_DATA]
            if self.fault is not HeadsetFault.ENDLESS:
                return


class _UnreadableError(Exception):
    """What came is not ADB."""


class _Wire:
    """Messages of 24 bytes and their data."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def hear(self) -> tuple[bytes, int, int, bytes]:
        command, first, second, size, total, magic = struct.unpack("<4sIIIII", await self.reader.readexactly(24))
        if magic != int.from_bytes(command, "little") ^ 0xFFFFFFFF or size > 1 << 20:
            raise _UnreadableError
        data = await self.reader.readexactly(size)
        if sum(data) & 0xFFFFFFFF != total:
            raise _UnreadableError
        return command, first, second, data

    def say(self, command: bytes, first: int, second: int, data: bytes = b"") -> None:
        magic = int.from_bytes(command, "little") ^ 0xFFFFFFFF
        self.writer.write(struct.pack("<4sIIIII", command, first, second, len(data), sum(data), magic) + data)


def accepted_key(line: bytes) -> bytes:
    """The key of a `.pub` file of adb, without its name. Raises SettingsError."""
    word = line.split(maxsplit=1)[0] if line.strip() else b""
    public_key(word)
    return word


def public_key(word: bytes) -> RSAPublicKey:
    """The key that Android's base64 form holds. Raises SettingsError."""
    try:
        packed = base64.b64decode(word, validate=True)
        words, _, modulus, _, exponent = struct.unpack(f"<II{_KEY_BYTES}s{_KEY_BYTES}sI", packed)
        key = RSAPublicNumbers(exponent, int.from_bytes(modulus, "little")).public_key()
    except (ValueError, struct.error):
        words = 0
    if words != _KEY_BYTES // 4:
        raise SettingsError("This is no public key of adb (2048 bits).")
    return key
