"""Keys that only this board's TPM 2.0 can use: the file holds a TSS2 key, sealed by the chip.

Made and asked through OpenSSL's `tpm2` provider (Debian's tpm2-openssl). Python's `ssl` uses such a file as any other
once OPENSSL_CONF loads the provider and prefers its signatures. A TPM holds three objects at a time and a handshake
needs more than one, so a resource manager must stand before it: the kernel's /dev/tpmrm0, or tpm2-abrmd.
"""

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from asn1crypto.algos import SignedDigestAlgorithm
from asn1crypto.csr import CertificationRequest

from models.durable_files import write_whole
from provisioning.device.box_folder import PRIVATE
from provisioning.device.keys import KEY_FILE, run_tool

KERNEL_TPM: Final = "device:/dev/tpmrm0"
MARK: Final = b"-----BEGIN TSS2 PRIVATE KEY-----"
CONFIGURATION: Final = Path(__file__).parent / "openssl_tpm.conf"
_PROVIDERS: Final = ["-provider", "tpm2", "-provider", "default"]
_PREFER: Final = ["-propquery", "?tpm2.signature=yes"]


class TpmKeys:
    """`connection` names the TPM as the TSS does (TCTI), with a resource manager before it."""

    def __init__(self, connection: str = KERNEL_TPM) -> None:
        self._connection = connection

    @property
    def is_hardware(self) -> bool:
        """Always."""
        return True

    def make(self, folder: Path) -> None:
        """A new key that the chip made. Raises KeyFailedError."""
        order = ["openssl", "genpkey", *_PROVIDERS, "-algorithm", "EC", "-pkeyopt", "group:P-256"]
        # the provider's own encoder and generator are wanted here, not the software's
        content = run_tool([*order, "-propquery", "?provider=tpm2"], self._tpm())
        write_whole(folder / KEY_FILE, content, PRIVATE)

    def request(self, folder: Path) -> bytes:
        """PKCS#10 (DER). Raises KeyFailedError."""
        order = ["openssl", "req", *_PROVIDERS, *_PREFER, "-new", "-sha256", "-subj", "/CN=box", "-outform", "DER"]
        return _without_parameters(run_tool([*order, "-key", str(folder / KEY_FILE)], self._tpm()))

    def sign(self, folder: Path, message: bytes) -> bytes:
        """ECDSA-SHA256 (DER). Raises KeyFailedError."""
        with tempfile.NamedTemporaryFile() as said:
            said.write(message)
            said.flush()
            order = ["openssl", "dgst", *_PROVIDERS, *_PREFER, "-sha256", "-sign", str(folder / KEY_FILE)]
            return run_tool([*order, said.name], self._tpm())

    def environment(self) -> Mapping[str, str]:
        """The configuration that loads the provider, and where the TPM is."""
        return {"OPENSSL_CONF": str(CONFIGURATION), **self._tpm()}

    def _tpm(self) -> dict[str, str]:
        return {"TPM2OPENSSL_TCTI": self._connection}


def _without_parameters(request: bytes) -> bytes:
    """The provider writes a NULL after ecdsa-with-SHA256, where RFC 5758 section 3.2 wants nothing. Unsigned."""
    parsed = CertificationRequest.load(request)
    parsed["signature_algorithm"] = SignedDigestAlgorithm({"algorithm": "sha256_ecdsa"})
    fixed: bytes = parsed.dump(force=True)
    return fixed
