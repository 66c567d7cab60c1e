"""What is on a port that no plan names: listening first, asking only when a person wants it.

Listening opens the port and writes nothing. Not here: which ports there are (`serial_ports`), when it is allowed
(`bridge`), what a family looks like (`drivers.recognition`).
"""

import time
from collections.abc import Callable
from datetime import datetime
from typing import Final

import msgspec

from firmware_bridge.board_link import BoardLink, BoardLinkError, LineGoneError
from firmware_bridge.drivers.driver import Catalogue
from firmware_bridge.drivers.recognition import Guess, Question
from firmware_bridge.wake import Wake
from models.errors import ClassroomError
from models.room_plan import LanLink, SerialLink
from models.telemetry import Found, cut_found


class HushedError(ClassroomError):
    """The looking was ended from outside: a lesson begins, or the program ends."""


LISTEN_SECONDS: Final = 3.0
SURE: Final = 0.9
"""With such a guess no further speed is tried."""

_MOST_BYTES: Final = 65_536
_BETWEEN_SECONDS: Final = 0.2

OpenPort = Callable[[int], BoardLink]
Heard = tuple[Guess, int]
"""A guess and the baud at which it was made."""


def speeds(catalogue: Catalogue) -> tuple[int, ...]:
    """The speeds at which some family is usually heard, the most common first."""
    usual = [row.usual_baud for row in catalogue.values() if row.recognise is not None and row.usual_baud]
    return tuple(sorted(set(usual), key=lambda baud: (-usual.count(baud), -baud)))


def listen(open_port: OpenPort, catalogue: Catalogue, wake: Wake, seconds: float = LISTEN_SECONDS) -> Heard | None:
    """The best guess of what speaks by itself.

    Raises BoardLinkError when the port cannot be used, HushedError when woken.
    """
    best: Heard | None = None
    for baud in speeds(catalogue):
        link = open_port(baud)
        try:
            link.open()
            heard = _hear(link, wake, seconds, lambda so_far: _guess(catalogue, so_far))
        finally:
            link.close()
        guess = _guess(catalogue, heard)
        if guess is not None and (best is None or guess.confidence > best[0].confidence):
            best = (guess, baud)
        if best is not None and best[0].confidence >= SURE:
            break
    return best


def ask(open_port: OpenPort, catalogue: Catalogue, wake: Wake, *, over_tcp: bool) -> Heard | None:
    """The best guess after asking what each family may be asked. Writes: only on a person's word, in quiet hours.

    Raises BoardLinkError when the port cannot be used.
    """
    best: Heard | None = None
    for row in catalogue.values():
        recogniser = row.recognise
        if recogniser is None or not (row.usual_port if over_tcp else row.usual_baud):
            continue
        for question in recogniser.questions():
            baud = question.baud or row.usual_baud
            guess = recogniser.hear(_answer(open_port(baud), question, wake, recogniser.hear))
            if guess is not None and (best is None or guess.confidence > best[0].confidence):
                best = (guess, baud)
            if best is not None and best[0].confidence >= SURE:
                return best
    return best


def found_at(where: str, heard: Heard | None, at: datetime) -> Found:
    """What IT staff are told; `link` is what a plan would say."""
    if heard is None:
        return cut_found(Found(where=where, what="unknown", confidence=0, at=at))
    guess, baud = heard
    link: SerialLink | LanLink
    if where.startswith(("/", "socket://")):
        link = SerialLink(port=where, driver=guess.driver, baud=baud, unit=guess.unit, map=guess.map)
    else:
        host, _, port = where.rpartition(":")
        link = LanLink(host=host, driver=guess.driver, port=int(port), unit=guess.unit, map=guess.map)
    found = Found(
        where=where,
        what=guess.what,
        confidence=guess.confidence,
        maker=guess.maker,
        model=guess.model,
        serial=guess.serial,
        firmware=guess.firmware,
        link=msgspec.json.encode(link).decode(),
        at=at,
    )
    return cut_found(found)


def _guess(catalogue: Catalogue, heard: bytes) -> Guess | None:
    guesses = [row.recognise.hear(heard) for row in catalogue.values() if row.recognise is not None] if heard else []
    return max((guess for guess in guesses if guess is not None), key=lambda guess: guess.confidence, default=None)


def _answer(link: BoardLink, question: Question, wake: Wake, judge: Callable[[bytes], Guess | None]) -> bytes:
    try:
        link.open()
        before = _hear(link, wake, _BETWEEN_SECONDS, judge)
        link.write(question.ask)
        return before + _hear(link, wake, question.seconds, judge)
    except LineGoneError:
        return b""
    finally:
        link.close()


def _hear(link: BoardLink, wake: Wake, seconds: float, judge: Callable[[bytes], Guess | None]) -> bytes:
    """What comes within so many seconds, less when it is recognised for sure. Raises HushedError."""
    heard = bytearray()
    end, judged = time.monotonic() + seconds, 0
    while (left := end - time.monotonic()) > 0 and len(heard) < _MOST_BYTES:
        woken, ready = wake.wait_beside(link.fileno(), min(left, _BETWEEN_SECONDS))
        if woken:
            raise HushedError("The looking was ended.")
        if ready:
            heard += link.read()
        if len(heard) > judged and not ready:
            judged = len(heard)
            guess = judge(bytes(heard))
            if guess is not None and guess.confidence >= SURE:
                break
    return bytes(heard[:_MOST_BYTES])


def try_port(look: Callable[[], Heard | None]) -> Heard | str | None:
    """The guess, None when nothing was recognised, or a sentence why the port cannot be looked at."""
    try:
        return look()
    except BoardLinkError as error:
        return str(error)
