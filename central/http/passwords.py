"""Passwords of people at the centre: which are good enough, and how they are kept.

Argon2id with 64 MiB, 3 passes, 4 lanes; at most two are reckoned at once, so that a flood of sign-ins cannot starve the
writer.
"""

import threading
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError, VerifyMismatchError

from models.errors import BadInputError

SHORTEST: Final = 12
LONGEST: Final = 256
_WAIT_SECONDS: Final = 5.0

_COMMON: Final = frozenset(
    [
        "matkhau",
        "mat",
        "khau",
        "password",
        "passw0rd",
        "qwertyuiop",
        "asdfghjkl",
        "zxcvbnm",
        "iloveyou",
        "letmein",
        "welcome",
        "administrator",
        "quantrivien",
        "hieutruong",
        "truonghoc",
        "thituyen",
        "kythi",
        "giaovien",
        "hocsinh",
        "vietnam",
        "hanoi",
        "saigon",
        "anhyeuem",
        "emyeuanh",
        "anhnhoem",
        "khongbiet",
        "giadinh",
        "congan",
        "bogiaoduc",
        "sogiaoduc",
        "thanhtra",
        "giamthi",
        "coithi",
        "phongthi",
    ]
)
"""Words that carry no strength: a password of these and digits alone is refused."""


_NOBODY: Final = "$argon2id$v=19$m=65536,t=3,p=4$Du9opmkBGGOSbIeUx6b30g$nZ6WMLabOG85uiLg4v+RgwhoBmk7IVS7TfhNrbfP+Ug"
"""A hash to try against where there is no account, so that the answer takes as long."""


class WeakPasswordError(BadInputError):
    """The new password would be guessed."""


class TooBusyError(BadInputError):
    """Too many passwords are being reckoned at this moment."""


class Passwords:
    """Hashes and checks; shared by all requests."""

    def __init__(self) -> None:
        self._hasher = PasswordHasher(time_cost=3, memory_cost=65536, parallelism=4)
        self._turns = threading.BoundedSemaphore(2)

    def hash(self, password: str) -> str:
        """The hash to store. Raises `TooBusyError`."""
        with _Turn(self._turns):
            return self._hasher.hash(password)

    def agrees(self, password: str, stored: str | None) -> bool:
        """Whether it is the password; takes as long when there is no such account. Raises `TooBusyError`."""
        with _Turn(self._turns):
            try:
                self._hasher.verify(stored or _NOBODY, password)
            except (VerifyMismatchError, VerificationError, InvalidHashError):
                return False
        return stored is not None


class _Turn:
    def __init__(self, turns: threading.BoundedSemaphore) -> None:
        self._turns = turns

    def __enter__(self) -> None:
        if not self._turns.acquire(timeout=_WAIT_SECONDS):
            raise TooBusyError("Many people are signing in at this moment. Try again in a few seconds.")

    def __exit__(self, *_: object) -> None:
        self._turns.release()


def refuse_weak(password: str, login: str) -> None:
    """Raises `WeakPasswordError` on a password that is short, common, made of few signs, or holds the sign-in name."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise WeakPasswordError(f"A password has {SHORTEST} to {LONGEST} characters.")
    plain = password.casefold()
    letters = "".join(sign for sign in plain if sign.isalpha())
    rest = letters
    for word in _COMMON:
        rest = rest.replace(word, "")
    if len(set(plain)) < 5 or login in plain or (len(rest) < 4 and letters != rest) or plain.isdigit():
        raise WeakPasswordError("This password is easy to guess. Take several unrelated words.")
