"""The room's door code: compared here, slowly and seldom."""

import threading
from dataclasses import dataclass
from enum import StrEnum

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError, VerifyMismatchError

from edge.station.attempts import Attempts
from edge.station.sessions import Sessions
from models.errors import ClassroomError

HASHES_AT_ONCE = 2
WAIT_FOR_HASH_SECONDS = 3.0
LONGEST_CODE = 64


class DoorCodeHashError(ClassroomError):
    """The roster's door code hash cannot be read; the exam office must issue the roster of this room again."""


class Refusal(StrEnum):
    """Why nobody was signed in."""

    NO_ROSTER = "NO_ROSTER"
    WRONG_CODE = "WRONG_CODE"
    TOO_MANY = "TOO_MANY"


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedIn:
    """`token` is the cookie's value."""

    token: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NotSignedIn:
    """`wait_seconds` before the next try is looked at."""

    refusal: Refusal
    wait_seconds: int = 0


class SignIn:
    """At most two hashes run at once, so that a flood of tries cannot take the box from the desk."""

    def __init__(self, sessions: Sessions, attempts: Attempts) -> None:
        self._sessions = sessions
        self._attempts = attempts
        self._hashes = threading.BoundedSemaphore(HASHES_AT_ONCE)

    def try_code(self, code: str, door_code_hash: str | None, address: str) -> SignedIn | NotSignedIn:
        """Compare the typed code; blanks, hyphens and small letters do not matter.

        Raises `DoorCodeHashError` when the roster's hash is not an Argon2 hash.
        """
        if door_code_hash is None:
            return NotSignedIn(refusal=Refusal.NO_ROSTER)
        wait_ms = self._attempts.begin(address)
        if wait_ms:
            return NotSignedIn(refusal=Refusal.TOO_MANY, wait_seconds=-(-wait_ms // 1000))
        if not self._hashes.acquire(timeout=WAIT_FOR_HASH_SECONDS):
            return NotSignedIn(refusal=Refusal.TOO_MANY, wait_seconds=1)
        try:
            right = _agrees(code, door_code_hash)
        finally:
            self._hashes.release()
        if not right:
            return NotSignedIn(refusal=Refusal.WRONG_CODE)
        self._attempts.succeeded(address)
        return SignedIn(token=self._sessions.open(door_code_hash))


def _agrees(code: str, door_code_hash: str) -> bool:
    plain = "".join(letter for letter in code.upper() if letter.isalnum())
    try:
        return PasswordHasher().verify(door_code_hash, plain)
    except VerifyMismatchError:
        return False
    except (InvalidHashError, VerificationError) as error:
        raise DoorCodeHashError("The roster's door code cannot be read; have the roster issued again.") from error
