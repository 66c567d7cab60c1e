"""One-time codes: their letters, and how box and authority prove to each other that they hold the same one.

The code never travels. From it both derive a `lookup` (names the code), and two keys: the authority proves itself with
an HMAC over the box's nonce and the SHA-256 of the TLS certificate that the box sees (channel binding as in RFC 5929,
tls-server-end-point), so that nobody in between can pose as the authority; the box proves itself with an HMAC over its
whole request. With at least 80 random bits nothing of this can be guessed offline. Not here: lifetimes and single use
(the authority's register).
"""

import hashlib
import hmac
import secrets
from typing import Final
from urllib.parse import urlsplit

import msgspec
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from models.enrollment import CodeKind, EnrollmentRequest
from models.errors import BadInputError
from models.wire import codec

ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: no I, L, O, U."""

_LETTERS: Final = {CodeKind.TYPED: 16, CodeKind.PRINTED: 26}
_LOOKALIKES: Final = str.maketrans("ILO", "110")
_SCHEME: Final = "classroom+https"


class CodeError(BadInputError):
    """The text is no enrolment code. Compare it with the page or scan the QR again."""


class CodeKeys(msgspec.Struct, frozen=True, kw_only=True):
    """What follows from a code: its name, the authority's proof key and the box's proof key, 32 bytes each."""

    lookup: bytes
    authority_key: bytes
    box_key: bytes


class EnrollmentLink(msgspec.Struct, frozen=True, kw_only=True):
    """What a QR holds: where the authority is (`host:port`) and the code."""

    address: str
    code: str


def make_code(kind: CodeKind) -> str:
    """A new code in groups of four, for example `7KQM-4XPD-9RTW-2H6C`: 5 random bits a letter."""
    letters = "".join(secrets.choice(ALPHABET) for _ in range(_LETTERS[kind]))
    return "-".join(letters[start : start + 4] for start in range(0, len(letters), 4))


def read_code(text: str) -> str:
    """The code's plain letters, forgiving case, spaces, hyphens and look-alikes (I, L, O). Raises CodeError."""
    letters = "".join(text.upper().replace("-", " ").split()).translate(_LOOKALIKES)
    if len(letters) not in _LETTERS.values() or any(letter not in ALPHABET for letter in letters):
        raise CodeError("An enrolment code has 16 or 26 letters and digits. Compare it with the page, or scan the QR.")
    return letters


def keys_of(code: str) -> CodeKeys:
    """The keys of a code (any spelling that `read_code` takes). Raises CodeError."""
    material = HKDF(algorithm=hashes.SHA256(), length=96, salt=None, info=b"smart-classroom enrollment code v1").derive(
        read_code(code).encode("ascii")
    )
    return CodeKeys(lookup=material[:32], authority_key=material[32:64], box_key=material[64:])


def authority_proof(keys: CodeKeys, nonce: bytes, server_certificate_der: bytes) -> bytes:
    """What only a holder of the code can say about the TLS certificate it serves."""
    seen = hashlib.sha256(server_certificate_der).digest()
    return hmac.digest(keys.authority_key, b"authority" + hashlib.sha256(nonce).digest() + seen, "sha256")


def prove(request: EnrollmentRequest, keys: CodeKeys) -> EnrollmentRequest:
    """The request with the box's proof over all its other fields (deterministic CBOR)."""
    return msgspec.structs.replace(request, proof=_box_proof(request, keys))


def proves(request: EnrollmentRequest, keys: CodeKeys) -> bool:
    """Whether the request was made by a holder of the code and not changed since."""
    return hmac.compare_digest(request.proof, _box_proof(request, keys))


def _box_proof(request: EnrollmentRequest, keys: CodeKeys) -> bytes:
    bare = msgspec.structs.replace(request, proof=b"")
    return hmac.digest(keys.box_key, b"box" + codec.encode(bare), "sha256")


def link_of(address: str, code: str) -> str:
    """The text of the QR: address and code; upper-case letters and digits keep the QR small."""
    return f"{_SCHEME}://{address}/{read_code(code)}"


def read_link(text: str) -> EnrollmentLink:
    """Address and code of a scanned QR. Raises CodeError."""
    try:
        parts = urlsplit(text.strip())
        port = parts.port
    except ValueError:
        raise CodeError("The QR is no enrolment code. Scan the one on the sheet of this room.") from None
    if parts.scheme != _SCHEME or not parts.hostname or port is None:
        raise CodeError("The QR is no enrolment code. Scan the one on the sheet of this room.")
    return EnrollmentLink(address=f"{parts.hostname}:{port}", code=read_code(parts.path.removeprefix("/")))
