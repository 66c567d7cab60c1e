"""Card readers that do what a test says: cards come and go, break off, hang, and the service behind them stops."""

import threading
from collections.abc import Callable

from edge.cards.card_reader import CardRemovedError, ReaderLostError, ReaderState

Respond = Callable[[bytes], bytes]


class ScriptedCardReader:
    """A card that answers given commands with given answers, in order; after the last one the card is gone."""

    def __init__(self, script: list[tuple[str, str]]) -> None:
        self._script = [(bytes.fromhex(command), bytes.fromhex(answer)) for command, answer in script]
        self.sent: list[bytes] = []

    def transmit(self, command: bytes) -> bytes:
        self.sent.append(command)
        if not self._script:
            raise CardRemovedError("The script has ended. Lay the card down again.")
        expected, answer = self._script.pop(0)
        assert command == expected, f"expected {expected.hex()}, got {command.hex()}"
        return answer


class AnsweringCardReader:
    """A card that is a function from command to answer."""

    def __init__(self, respond: Respond) -> None:
        self._respond = respond
        self.disconnected = False

    def transmit(self, command: bytes) -> bytes:
        return self._respond(command)

    def disconnect(self) -> None:
        self.disconnected = True


class ScriptedCardReaders:
    """Readers as `CardReaders` asks for them; everything is done by the test, from its own thread."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._cards: dict[str, tuple[bytes, Respond] | None] = {}
        self._changes: dict[str, int] = {}
        self._last: tuple[ReaderState, ...] | None = None
        self._away = False
        self._interrupted = False

    def plug(self, name: str) -> None:
        with self._changed:
            self._cards[name] = None
            self._changes[name] = 0
            self._changed.notify_all()

    def unplug(self, name: str) -> None:
        with self._changed:
            del self._cards[name]
            self._changed.notify_all()

    def lay(self, name: str, respond: Respond, atr: bytes = b"\x3b\x80\x80\x01\x01") -> None:
        with self._changed:
            self._cards[name] = (atr, respond)
            self._changes[name] += 1
            self._changed.notify_all()

    def take(self, name: str) -> None:
        with self._changed:
            self._cards[name] = None
            self._changes[name] += 1
            self._changed.notify_all()

    def lose_service(self) -> None:
        with self._changed:
            self._away = True
            self._changed.notify_all()

    def restore_service(self) -> None:
        with self._changed:
            self._away = False
            self._changed.notify_all()

    def wait(self, seconds: float) -> tuple[ReaderState, ...]:
        with self._changed:
            self._changed.wait_for(
                lambda: self._interrupted or self._away or self._states() != self._last, timeout=seconds
            )
            if self._away:
                self._last = None
                raise ReaderLostError("The service is away.")
            self._last = self._states()
            return self._last

    def interrupt(self) -> None:
        with self._changed:
            self._interrupted = True
            self._changed.notify_all()

    def connect(self, name: str) -> AnsweringCardReader:
        with self._changed:
            card = self._cards.get(name)
        if card is None:
            raise CardRemovedError("No card lies there. Lay it down again.")
        return AnsweringCardReader(card[1])

    def _states(self) -> tuple[ReaderState, ...]:
        return tuple(
            ReaderState(name=name, atr=card[0] if card else None, change=self._changes[name])
            for name, card in self._cards.items()
        )
