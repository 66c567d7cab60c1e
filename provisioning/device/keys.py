"""Who keeps the box's TLS key: the port, and how a step outside (openssl) is taken.

A key lives in the folder of its identity, as `key.pem`; what cannot leave a chip leaves a reference there. Not here:
which of the keepers a box has (`provisioning.device.key_choice`), the chain's Ed25519 key (always a file: no TPM 2.0
signs with it).
"""

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Final, Protocol

from models.errors import ClassroomError

KEY_FILE: Final = "key.pem"
CERTIFICATE_FILE: Final = "certificate.pem"
AUTHORITIES_FILE: Final = "authorities.pem"
SECONDS: Final = 60


class KeyFailedError(ClassroomError):
    """A key could not be made or used. Try again; with a TPM or token look at whether it answers."""


class KeyKeeper(Protocol):
    """Makes and uses P-256 keys. Every method raises KeyFailedError."""

    @property
    def is_hardware(self) -> bool:
        """Whether the key cannot be copied off the box."""

    def make(self, folder: Path) -> None:
        """A new key in this folder, on the card when this returns."""

    def request(self, folder: Path) -> bytes:
        """PKCS#10 (DER) for the folder's key. The name in it means nothing: the authority chooses."""

    def sign(self, folder: Path, message: bytes) -> bytes:
        """ECDSA-SHA256 (DER) with the folder's key."""

    def environment(self) -> Mapping[str, str]:
        """What a program's environment must hold before its first TLS connection with such a key."""


def run_tool(words: list[str], environment: Mapping[str, str], given: bytes = b"") -> bytes:
    """What a tool printed. Raises KeyFailedError with the tool's last words; secrets never stand in `words`."""
    try:
        done = subprocess.run(  # noqa: S603 - openssl and pkcs11-tool by name, arguments made here
            words, input=given, capture_output=True, check=False, timeout=SECONDS, env={**os.environ, **environment}
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise KeyFailedError(f"{words[0]} did not work ({type(error).__name__}). Install it, or try again.") from None
    if done.returncode:
        told = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise KeyFailedError(f"{words[0]} {words[1]} failed: {told[-1][:200] if told else done.returncode}")
    return done.stdout
