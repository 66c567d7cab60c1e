"""Keys on a PKCS#11 token (a secure element, a USB token, SoftHSM): key and request work everywhere.

TLS needs OpenSSL's pkcs11 *provider*, which Debian has from version 13; Debian 12 has only the engine, which Python's
`ssl` cannot use. So on Debian 12 this keeper is never chosen by itself, and `can_speak_tls` says no.
"""

import hashlib
import secrets
import sysconfig
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final
from urllib.parse import quote

from models.durable_files import write_whole
from provisioning.device.box_folder import PRIVATE
from provisioning.device.keys import KeyFailedError, run_tool

URI_FILE: Final = "key.uri"
MODULES: Final = Path("/usr/lib") / str(sysconfig.get_config_var("MULTIARCH") or "") / "ossl-modules"
"""Where Debian puts OpenSSL's providers. Python's own variable names the machine's folder."""


class TokenKeys:
    """`module` is the token's PKCS#11 library, `token` its label, `pin_file` holds the PIN (mode 0600)."""

    def __init__(self, module: Path, token: str, pin_file: Path) -> None:
        self._module = module
        self._token = token
        self._pin_file = pin_file

    @property
    def is_hardware(self) -> bool:
        """Always: a token that gives its keys away is none."""
        return True

    @staticmethod
    def can_speak_tls(modules: Path = MODULES) -> bool:
        """Whether OpenSSL's pkcs11 provider is installed here."""
        return (modules / "pkcs11.so").is_file()

    def make(self, folder: Path) -> None:
        """A new key on the token; the folder gets its address. Raises KeyFailedError."""
        label = f"box-{secrets.token_hex(6)}"
        number = hashlib.sha256(label.encode()).hexdigest()[:16]
        order = ["pkcs11-tool", "--keypairgen", "--module", str(self._module), "--token-label", self._token, "--login"]
        order += ["--pin", "env:TOKEN_PIN", "--key-type", "EC:prime256v1", "--usage-sign"]
        run_tool([*order, "--label", label, "--id", number], {"TOKEN_PIN": self._pin()})
        address = f"pkcs11:token={quote(self._token)};object={label};type=private"
        write_whole(folder / URI_FILE, address.encode(), PRIVATE)

    def request(self, folder: Path) -> bytes:
        """PKCS#10 (DER). Raises KeyFailedError."""
        with self._address(folder) as address:
            order = ["openssl", "req", "-engine", "pkcs11", "-keyform", "engine", "-key", address]
            return run_tool([*order, "-new", "-sha256", "-subj", "/CN=box", "-outform", "DER"], self._engine())

    def sign(self, folder: Path, message: bytes) -> bytes:
        """ECDSA-SHA256 (DER). Raises KeyFailedError."""
        with self._address(folder) as address:
            order = ["openssl", "dgst", "-engine", "pkcs11", "-keyform", "engine", "-sha256", "-sign", address]
            return run_tool(order, self._engine(), message)

    def environment(self) -> Mapping[str, str]:
        """The token's library, for the engine and the provider."""
        return {"PKCS11_PROVIDER_MODULE": str(self._module)}

    @contextmanager
    def _address(self, folder: Path) -> Iterator[str]:
        """The key's address with a PIN file that holds nothing else: the engine takes a line's end for a letter."""
        try:
            address = (folder / URI_FILE).read_text("ascii")
        except OSError:
            raise KeyFailedError(f"{folder} names no key on the token. Enrol the box again.") from None
        with tempfile.NamedTemporaryFile() as bare:
            bare.write(self._pin().encode("ascii"))
            bare.flush()
            yield f"{address};pin-source=file:{bare.name}"

    def _engine(self) -> dict[str, str]:
        return {"PKCS11_MODULE_PATH": str(self._module)}

    def _pin(self) -> str:
        try:
            return self._pin_file.read_text("ascii").strip()
        except OSError as error:
            raise KeyFailedError(f"The PIN file {self._pin_file} cannot be read ({error.strerror}).") from None
