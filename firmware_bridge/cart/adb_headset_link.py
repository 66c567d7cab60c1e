"""A headset over ADB through the library adb_shell: the only door to it here.

Everything has an end: silence, the whole conversation, and how much a headset may say. The key is proved at once; it is
offered only where `may_offer` says so. Not here: cables, the key, what the answers mean.
"""

import re
import time
from typing import Any, Final

from adb_shell import exceptions
from adb_shell.adb_device import AdbDevice
from adb_shell.transport.base_transport import BaseTransport

from firmware_bridge.cart.cable import LARGEST_READ, Cable
from firmware_bridge.cart.headset_key import HeadsetKey
from firmware_bridge.cart.headset_link import (
    HeadsetSilentError,
    HeadsetTalkError,
    KeyNotAcceptedError,
    MayOffer,
    ReadCommand,
)
from models.measurements import PACKAGE

SILENCE_SECONDS: Final = 5.0
"""`dumpsys` of a headset that sleeps may take a second or two."""

TALK_SECONDS: Final = 15.0
MOST_BYTES: Final = 4_000_000
"""Of one conversation."""

MOST_BYTES_OF_AN_ANSWER: Final = 512_000
"""`dumpsys activity` has up to some hundred thousand."""

OFFER_SECONDS: Final = 0.5
"""How long an offered key is waited for: nobody who wears a headset is that fast, but what has 'always' set is."""

NOT_ADB: Final = (
    exceptions.AdbCommandFailureException,
    exceptions.AdbConnectionError,
    exceptions.AdbTimeoutError,
    exceptions.DeviceAuthError,
    exceptions.InvalidChecksumError,
    exceptions.InvalidCommandError,
    exceptions.InvalidResponseError,
    ValueError,
)


class AdbHeadsetLink:
    """One conversation with one headset, over this cable."""

    def __init__(
        self,
        cable: Cable,
        key: HeadsetKey,
        may_offer: MayOffer,
        silence_seconds: float = SILENCE_SECONDS,
        talk_seconds: float = TALK_SECONDS,
    ) -> None:
        self._wire = _Wire(cable, silence_seconds)
        self._talk_seconds = talk_seconds
        self._signer = _Signer(key)
        self._may_offer = may_offer
        self._refused = False
        self._device = AdbDevice(self._wire, banner=b"classroom-box")

    def open(self) -> None:
        """Raises HeadsetLinkError."""
        self._wire.end_after(self._talk_seconds)
        try:
            self._device.connect(
                rsa_keys=[self._signer],
                transport_timeout_s=TALK_SECONDS,
                auth_timeout_s=TALK_SECONDS,
                read_timeout_s=TALK_SECONDS,
                auth_callback=self._offer,
            )
        except HeadsetSilentError:
            if self._refused:
                raise _not_accepted() from None
            raise
        except NOT_ADB as error:
            raise _not_accepted() if self._refused else _not_adb(error) from None
        self._wire.end_after(self._talk_seconds)

    def read(self, command: ReadCommand) -> str:
        """Raises HeadsetLinkError, and ValueError for anything that is no ReadCommand: it is not sent."""
        return self._shell(ReadCommand(command).value)

    def read_package(self, package: str) -> str:
        """Raises HeadsetLinkError, and ValueError for what is no package's name: it is not sent."""
        if not re.match(PACKAGE, package):
            raise ValueError(f"{package!r} is no package's name.")
        return self._shell(f"dumpsys package {package}")

    def _shell(self, allowed: str) -> str:
        self._wire.begin_answer()
        try:
            said: str = self._device.shell(allowed, transport_timeout_s=TALK_SECONDS, read_timeout_s=TALK_SECONDS)
        except NOT_ADB as error:
            raise _not_adb(error) from None
        return said

    def close(self) -> None:
        """Lets the headset go."""
        self._device.close()

    def _offer(self, _device: Any) -> None:
        """The headset knows another key. Raises KeyNotAcceptedError when ours is not to be offered now."""
        self._refused = True
        if not self._may_offer():
            raise _not_accepted()
        self._wire.end_after(OFFER_SECONDS)


class _Signer:
    """The key in the words of the library."""

    def __init__(self, key: HeadsetKey) -> None:
        self._key = key

    def Sign(self, data: bytes) -> bytes:  # noqa: N802 - the library's word
        return self._key.sign(data)

    def GetPublicKey(self) -> bytes:  # noqa: N802 - the library's word
        return self._key.public


class _Wire(BaseTransport):  # type: ignore[misc] # the library has no types
    """A cable in the words of the library, with an end to everything."""

    def __init__(self, cable: Cable, silence_seconds: float) -> None:
        self._cable = cable
        self._silence = silence_seconds
        self._end = 0.0
        self._heard = 0
        self._answered = 0

    def begin_answer(self) -> None:
        """What is heard from here on is one answer."""
        self._answered = 0

    def end_after(self, seconds: float) -> None:
        """The conversation goes no further than so many seconds from now."""
        self._end = time.monotonic() + seconds

    def connect(self, transport_timeout_s: float | None = None) -> None:
        del transport_timeout_s
        self._heard = self._answered = 0
        self._cable.open()

    def close(self) -> None:
        self._cable.close()

    def bulk_read(self, numbytes: int, transport_timeout_s: float | None = None) -> bytes:
        del transport_timeout_s
        heard = self._cable.read(min(numbytes, LARGEST_READ), self._left())
        self._heard += len(heard)
        self._answered += len(heard)
        if self._heard > MOST_BYTES or self._answered > MOST_BYTES_OF_AN_ANSWER:
            raise HeadsetTalkError("The headset says too much.")
        return heard

    def bulk_write(self, data: bytes, transport_timeout_s: float | None = None) -> int:
        del transport_timeout_s
        self._cable.write(bytes(data), self._left())
        return len(data)

    def _left(self) -> float:
        left = self._end - time.monotonic()
        if left <= 0:
            raise HeadsetSilentError("The headset takes too long.")
        return min(left, self._silence)


def _not_accepted() -> KeyNotAcceptedError:
    return KeyNotAcceptedError("Put the headset on and accept this box's key inside it: 'Always allow'.")


def _not_adb(error: Exception) -> HeadsetTalkError:
    return HeadsetTalkError(f"What the headset says is not ADB ({type(error).__name__}).")
