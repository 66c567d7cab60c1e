"""The code with which a room's proctors sign in at their box: made here, printed once, stored only as a hash."""

import secrets

from argon2 import PasswordHasher

_LETTERS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
"""No 0, O, 1, I or L: read from paper and typed in a hurry."""

_LENGTH = 8


def make_door_code() -> str:
    """Eight letters and digits, about 39 bits; the box limits how often somebody may try."""
    return "".join(secrets.choice(_LETTERS) for _ in range(_LENGTH))


def hash_door_code(code: str) -> str:
    """Argon2id with 64 MiB, 3 passes and 4 lanes."""
    return PasswordHasher(time_cost=3, memory_cost=65536, parallelism=4).hash(code)
