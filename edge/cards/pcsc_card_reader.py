"""Card readers through PC/SC (pcscd). The only door to the `smartcard` library, of which only the plain calls are used.

Its own monitor thread dies silently, so waiting is done here, by the thread that calls. Readers that are not on the
list of allowed models are not seen, nor is any reader while a virtual reader's driver is installed, except in a
rehearsal.
"""

import logging
import time
from dataclasses import dataclass
from pathlib import Path

from smartcard import scard

from edge.cards.card_reader import (
    CardMuteError,
    CardReadError,
    CardRemovedError,
    ReaderLostError,
    ReaderRefusedError,
    ReaderState,
)

_logger = logging.getLogger(__name__)

DRIVER_FOLDERS = (Path("/usr/lib/pcsc/drivers/serial"), Path("/etc/reader.conf.d"))
_VIRTUAL = "Virtual PCD"
_HOT_PLUG = "\\\\?PnP?\\Notification"
_MOST_READERS = 16
"""That pcscd carries, and that may be waited for in one call."""
_ANY_PROTOCOL = scard.SCARD_PROTOCOL_T0 | scard.SCARD_PROTOCOL_T1
_CONNECT_TRIES = 6
_CONNECT_PAUSE_SECONDS = 0.1

_REMOVED = frozenset({scard.SCARD_W_REMOVED_CARD, scard.SCARD_W_RESET_CARD, scard.SCARD_E_NO_SMARTCARD})
_LOST = frozenset(
    {
        scard.SCARD_E_NO_SERVICE,
        scard.SCARD_E_SERVICE_STOPPED,
        scard.SCARD_E_READER_UNAVAILABLE,
        scard.SCARD_E_UNKNOWN_READER,
        scard.SCARD_E_NO_READERS_AVAILABLE,
        scard.SCARD_E_INVALID_HANDLE,
        scard.SCARD_F_COMM_ERROR,
        scard.SCARD_W_SECURITY_VIOLATION,  # seen where pcscd was killed within a command
    }
)
_UNSETTLED = frozenset({*_REMOVED, scard.SCARD_W_UNPOWERED_CARD, scard.SCARD_W_UNRESPONSIVE_CARD})


@dataclass(frozen=True, slots=True, kw_only=True)
class PcscSettings:
    """`allowed_models` are beginnings of the names under which PC/SC lists readers.

    `rehearsal` admits every reader, virtual ones too; never on an enrolled box.
    """

    allowed_models: tuple[str, ...]
    rehearsal: bool
    driver_folders: tuple[Path, ...] = DRIVER_FOLDERS


def refusal_of(name: str, settings: PcscSettings) -> str | None:
    """Why the reader `name` may not be used, as a sentence; None when it may."""
    if settings.rehearsal:
        return None
    if name.startswith(_VIRTUAL):
        return "It is a virtual reader: anybody on the network could present a card."
    if not any(name.startswith(model) for model in settings.allowed_models):
        return "Its model is not on the list of allowed card readers."
    if virtual_driver_installed(settings.driver_folders):
        return (
            "The driver of a virtual reader (vpcd) is installed, and could hide under any name. Remove vsmartcard-vpcd."
        )
    return None


def virtual_driver_installed(folders: tuple[Path, ...]) -> bool:
    """Whether a vpcd driver or a configuration entry for one lies in `folders`."""
    return any("vpcd" in path.name or _mentions_vpcd(path) for folder in folders for path in folder.glob("*"))


def _mentions_vpcd(path: Path) -> bool:
    return path.is_file() and path.stat().st_size < 65_536 and b"vpcd" in path.read_bytes()


class PcscReaders:
    """The readers that pcscd lists and the settings allow."""

    def __init__(self, settings: PcscSettings) -> None:
        self._settings = settings
        self._context: int | None = None
        self._known: dict[str, int] = {}
        self._refused: dict[str, str] = {}

    @property
    def refused(self) -> dict[str, str]:
        """Readers that are attached and may not be used, with the reason."""
        return dict(self._refused)

    def wait(self, seconds: float) -> tuple[ReaderState, ...]:
        """The states of the allowed readers; see `CardReaders.wait`."""
        try:
            if self._context is None:
                self._context = _establish()
                self._known = {}
            names = self._list(self._context)
            if set(names) != self._known.keys():
                seconds = 0.0
            watched = [(name, self._known.get(name, scard.SCARD_STATE_UNAWARE)) for name in names]
            if len(watched) < _MOST_READERS:  # beyond them none can be plugged in
                watched.append((_HOT_PLUG, scard.SCARD_STATE_UNAWARE))
            result, states = scard.SCardGetStatusChange(self._context, int(seconds * 1000), watched)
            if result not in {scard.SCARD_S_SUCCESS, scard.SCARD_E_TIMEOUT, scard.SCARD_E_CANCELLED}:
                raise error_of(result)
        except CardReadError as error:
            self._release()
            raise ReaderLostError("The PC/SC service (pcscd) or its readers are away. Waiting for them.") from error
        states = [state for state in states if state[0] != _HOT_PLUG]
        self._known = {name: event & ~scard.SCARD_STATE_CHANGED for name, event, _ in states}
        return tuple(_state(name, event, bytes(atr)) for name, event, atr in states)

    def interrupt(self) -> None:
        """Make a waiting `wait` return."""
        if self._context is not None:
            scard.SCardCancel(self._context)

    def connect(self, name: str) -> "PcscCardReader":
        """Connect under a context of its own, so that a hung card blocks nothing else; see `CardReaders.connect`."""
        refusal = refusal_of(name, self._settings)
        if refusal is not None:
            raise ReaderRefusedError(f"The reader may not be used. {refusal}")
        context = _establish()
        try:
            return PcscCardReader(context, *_connect(context, name), name)
        except CardReadError:
            scard.SCardReleaseContext(context)
            raise

    def _list(self, context: int) -> list[str]:
        result, names = scard.SCardListReaders(context, [])
        if result == scard.SCARD_E_NO_READERS_AVAILABLE:
            names = []
        elif result != scard.SCARD_S_SUCCESS:
            raise error_of(result)
        refused = {name: refusal for name in names if (refusal := refusal_of(name, self._settings))}
        for name in refused.keys() - self._refused.keys():
            _logger.warning("The card reader %s is not used. %s", name, refused[name])
        self._refused = refused
        return [name for name in names if name not in refused]

    def _release(self) -> None:
        if self._context is not None:
            scard.SCardReleaseContext(self._context)
            self._context = None


class PcscCardReader:
    """A connected card. Made by `PcscReaders.connect`."""

    def __init__(self, context: int, handle: int, protocol: int, name: str) -> None:
        self._context = context
        self._handle = handle
        self._protocol = scard.SCARD_PCI_T0 if protocol == scard.SCARD_PROTOCOL_T0 else scard.SCARD_PCI_T1
        self._name = name

    def transmit(self, command: bytes) -> bytes:
        """Send one command; see `CardReader.transmit`."""
        result, answer = scard.SCardTransmit(self._handle, self._protocol, list(command))
        if result == scard.SCARD_S_SUCCESS and len(answer) >= 2:
            return bytes(answer)
        # A card that leaves within a command shows as a failed exchange, or as an answer without even a status.
        if result in {scard.SCARD_S_SUCCESS, scard.SCARD_E_NOT_TRANSACTED} and self._is_empty():
            raise CardRemovedError("The card left the reader. Lay it down again.")
        raise error_of(result)

    def disconnect(self) -> None:
        """Reset the card and let go of it."""
        scard.SCardDisconnect(self._handle, scard.SCARD_RESET_CARD)
        scard.SCardReleaseContext(self._context)

    def _is_empty(self) -> bool:
        """Whether the card went away; pcscd notices it up to 0.4 s after the exchange failed."""
        waiting_until = time.monotonic() + 0.6
        state = scard.SCARD_STATE_UNAWARE
        while time.monotonic() < waiting_until:
            result, states = scard.SCardGetStatusChange(self._context, 200, [(self._name, state)])
            if result not in {scard.SCARD_S_SUCCESS, scard.SCARD_E_TIMEOUT}:
                raise error_of(result)
            state = states[0][1] & ~scard.SCARD_STATE_CHANGED
            if state & scard.SCARD_STATE_EMPTY:
                return True
        return False


def _establish() -> int:
    result, context = scard.SCardEstablishContext(scard.SCARD_SCOPE_SYSTEM)
    if result != scard.SCARD_S_SUCCESS:
        raise error_of(result)
    return int(context)


def _connect(context: int, name: str) -> tuple[int, int]:
    """Handle and protocol. A card just laid down may be reported absent for a moment, so several tries."""
    for _ in range(_CONNECT_TRIES):
        result, handle, protocol = scard.SCardConnect(context, name, scard.SCARD_SHARE_SHARED, _ANY_PROTOCOL)
        if result == scard.SCARD_S_SUCCESS:
            return handle, protocol
        if result not in _UNSETTLED:
            break
        time.sleep(_CONNECT_PAUSE_SECONDS)
    raise error_of(result)


def _state(name: str, event: int, atr: bytes) -> ReaderState:
    present = bool(event & scard.SCARD_STATE_PRESENT)
    mute = bool(event & scard.SCARD_STATE_MUTE)
    return ReaderState(name=name, atr=(b"" if mute else atr) if present else None, change=event >> 16)


def error_of(result: int) -> CardReadError:
    """The error that stands for a PC/SC result code."""
    if result in _REMOVED:
        return CardRemovedError("The card left the reader. Lay it down again.")
    if result in _LOST:
        return ReaderLostError("The card reader or the PC/SC service (pcscd) is away. Check its cable.")
    return CardMuteError(f"The card did not answer (PC/SC {result & 0xFFFFFFFF:08X}). Lay it down again.")
