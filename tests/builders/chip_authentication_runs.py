"""The chip's side of chip authentication: keys for DG14, and the first answer after the keys were changed.

Secrets come from OpenSSL or plain powers and checksums from the soft chip: nothing of what is tested.
"""

from dataclasses import dataclass

from asn1crypto import core
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from models.chip.modular_numbers import ModularNumbers
from models.chip.tlv import encode
from models.evidence import ChipAuthentication
from provisioning.rehearsal.soft_chip.ciphers import SuiteKind, pad, session_suite

_CHIP_AUTHENTICATION = bytes.fromhex("04007f0007020203")
_PUBLIC_KEY = bytes.fromhex("04007f0007020201")
_DH, _ECDH = 1, 2


def protocol(kind: int, suite: SuiteKind) -> bytes:
    """The value of id-CA-DH (1) or id-CA-ECDH (2) with this suite."""
    return _CHIP_AUTHENTICATION + bytes((kind, suite))


def chip_info(kind: int, suite: SuiteKind, key_id: int | None = None, version: int = 1) -> bytes:
    """A ChipAuthenticationInfo, DER."""
    number = b"" if key_id is None else encode(0x02, bytes([key_id]))
    return encode(0x30, encode(0x06, protocol(kind, suite)) + encode(0x02, bytes([version])) + number)


def key_info(kind: int, public_key: bytes, key_id: int | None = None) -> bytes:
    """A ChipAuthenticationPublicKeyInfo, DER, around a SubjectPublicKeyInfo."""
    number = b"" if key_id is None else encode(0x02, bytes([key_id]))
    return encode(0x30, encode(0x06, _PUBLIC_KEY + bytes([kind])) + public_key + number)


def dg14(*infos: bytes) -> bytes:
    return encode(0x6E, encode(0x31, b"".join(infos)))


@dataclass(frozen=True, slots=True, kw_only=True)
class CurveKey:
    """A chip's key on a curve that OpenSSL knows."""

    private: ec.EllipticCurvePrivateKey
    kind: int = _ECDH

    @property
    def public(self) -> bytes:
        """SubjectPublicKeyInfo, the curve named."""
        return self.private.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)

    @property
    def point(self) -> bytes:
        """04 X Y."""
        return self.private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)

    def secret_with(self, terminals_private: int) -> bytes:
        """The shared x, computed by the chip."""
        theirs = ec.derive_private_key(terminals_private, self.private.curve).public_key()
        return self.private.exchange(ec.ECDH(), theirs)


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberKey:
    """A chip's key modulo a prime."""

    numbers: ModularNumbers
    private: int
    kind: int = _DH

    @property
    def value(self) -> int:
        """The public number."""
        return pow(self.numbers.g, self.private, self.numbers.p)

    @property
    def public(self) -> bytes:
        """SubjectPublicKeyInfo after X9.42: p, g, q."""
        return self.in_form("1.2.840.10046.2.1", self.numbers.p, self.numbers.g, self.numbers.q)

    def in_form(self, identifier: str, *parameters: int) -> bytes:
        """SubjectPublicKeyInfo with these parameters."""
        named = encode(0x30, b"".join(core.Integer(number).dump() for number in parameters))
        algorithm = encode(0x30, core.ObjectIdentifier(identifier).dump() + named)
        return encode(0x30, algorithm + encode(0x03, b"\x00" + core.Integer(self.value).dump()))

    def secret_with(self, terminals_private: int) -> bytes:
        """The shared number in full width."""
        theirs = pow(self.numbers.g, terminals_private, self.numbers.p)
        return pow(theirs, self.private, self.numbers.p).to_bytes(self.numbers.width)


def first_answer(secret: bytes, suite: SuiteKind, content: bytes = bytes(16), status: int = 0x9000) -> bytes:
    """What the chip says to the first command under the new keys: cryptogram, status, checksum, status word."""
    keys = session_suite(secret, suite)
    counter = (2).to_bytes(keys.block_octets)
    word = status.to_bytes(2)
    cryptogram = keys.encrypt(counter, pad(content, keys.block_octets))
    objects = encode(0x87, b"\x01" + cryptogram) + encode(0x99, word)
    checksum = keys.mac(counter + pad(objects, keys.block_octets))
    return objects + encode(0x8E, checksum) + word


def good_run(
    key: CurveKey | NumberKey, suite: SuiteKind = SuiteKind.AES_128, key_id: int | None = None
) -> ChipAuthentication:
    """A run that the chip with this key answered."""
    private = 0x1234_5678_9ABC_DEF0_1234_5678
    return ChipAuthentication(
        protocol=protocol(key.kind, suite),
        key_id=key_id,
        private_key=private.to_bytes(32),
        answer=first_answer(key.secret_with(private), suite),
    )
