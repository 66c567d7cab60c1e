"""The keys that a chip proves itself with, and the ways into it, as data (ICAO Doc 9303-11 section 9.2).

Not here: what is computed with them (`pace`, `chip_authentication`, `active_authentication`).
"""

from enum import IntEnum, StrEnum

import msgspec

from provisioning.rehearsal.soft_chip.ciphers import SuiteKind

_BSI = bytes.fromhex("04007F00070202")


class PaceMapping(IntEnum):
    """How the nonce becomes a generator; the second last number of a PACE protocol's object identifier."""

    DH_GENERIC = 1
    ECDH_GENERIC = 2
    DH_INTEGRATED = 3
    ECDH_INTEGRATED = 4
    ECDH_CHIP = 6


class PaceOffer(msgspec.Struct, frozen=True, kw_only=True):
    """One way to open a chip; `parameter` is the group's number (13 brainpoolP256r1, 12 P-256)."""

    mapping: PaceMapping = PaceMapping.ECDH_GENERIC
    suite: SuiteKind = SuiteKind.AES_128
    parameter: int = 13

    @property
    def oid(self) -> bytes:
        """The value of id-PACE-..."""
        return _BSI + bytes((4, self.mapping, self.suite))


class AgreementKey(msgspec.Struct, frozen=True, kw_only=True):
    """A static key of chip authentication in a numbered group; `private` is big-endian.

    Groups 0 to 2 are numbers modulo a prime, 8 to 18 curves. `key_id` is None on chips with one key.
    """

    parameter: int
    private: bytes
    suite: SuiteKind = SuiteKind.AES_128
    key_id: int | None = None

    @property
    def oid(self) -> bytes:
        """The value of id-CA-..."""
        return _BSI + bytes((3, 1 if self.parameter < 8 else 2, self.suite))


class SignatureForm(StrEnum):
    """How an ECDSA signature travels (BSI TR-03111 section 5.2)."""

    PLAIN = "plain"
    DER = "der"


class CurveSigningKey(msgspec.Struct, frozen=True, kw_only=True, tag="curve"):
    """A key of active authentication on a numbered curve; `digest` is hashlib's name."""

    parameter: int
    private: bytes
    digest: str = "sha256"
    form: SignatureForm = SignatureForm.PLAIN


class RsaSigningKey(msgspec.Struct, frozen=True, kw_only=True, tag="rsa"):
    """An RSA key of active authentication, numbers big-endian; `digest` is hashlib's name."""

    modulus: bytes
    exponent: bytes
    private_exponent: bytes
    digest: str = "sha256"


SigningKey = CurveSigningKey | RsaSigningKey
