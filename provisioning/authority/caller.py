"""Who asks the authority: read from the verified client certificate, never from a field of the question.

Not here: whether the caller may ask (`gate`), and the TLS handshake that proved the certificate (`http`).
"""

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from models.enrollment import CertificateRole
from models.errors import BadInputError
from models.identifiers import RoomId
from models.wire.box_certificate import role_of, room_of


class CallerError(BadInputError):
    """The certificate names no caller that the authority knows. Show one that this authority issued."""


class Caller(msgspec.Struct, frozen=True, kw_only=True):
    """The holder of a certificate of ours. `serial_hex` is lower case without leading zeros (`format(serial, "x")`)."""

    role: CertificateRole
    name: str
    serial_hex: str
    room_id: RoomId | None = None
    certificate: bytes = b""
    """The certificate itself (DER), as TLS has verified it."""


def caller_of(certificate: x509.Certificate) -> Caller:
    """The caller that a certificate names; TLS has verified its chain before. Raises CallerError."""
    role = role_of(certificate)
    names = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    if role is None or len(names) != 1:
        raise CallerError("The certificate must have one common name and one known role.")
    try:
        room_id = room_of(certificate)
    except BadInputError:
        raise CallerError("The certificate names a room that cannot be.") from None
    return Caller(
        role=role,
        name=str(names[0].value),
        serial_hex=format(certificate.serial_number, "x"),
        room_id=room_id,
        certificate=certificate.public_bytes(Encoding.DER),
    )
