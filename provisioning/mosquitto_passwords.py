"""Passwords for a room's broker: 128 random bits, and the hash that Mosquitto's password file holds of them.

The hash is PBKDF2-HMAC-SHA512 as `mosquitto_passwd` of Mosquitto 2.0 writes it. Its few rounds are enough because
nobody can guess 128 bits, and the box on the wall must answer forty tablets at eight in the morning.
"""

import base64
import hashlib
import os
import secrets
from typing import Final

ROUNDS: Final = 101
SALT_BYTES: Final = 12


def make_password() -> str:
    """22 letters, digits, '-' and '_'."""
    return secrets.token_urlsafe(16)


def mosquitto_hash(password: str) -> str:
    """`$7$rounds$salt$hash`, salt and hash in base64."""
    salt = os.urandom(SALT_BYTES)
    digest = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, ROUNDS)
    return f"$7${ROUNDS}${base64.b64encode(salt).decode()}${base64.b64encode(digest).decode()}"
