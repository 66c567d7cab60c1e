"""What a certificate of the transport says about its holder.

Not here: whether it is valid (TLS decides that) and issuing (provisioning).
"""

from typing import Final

from cryptography import x509
from cryptography.x509.oid import NameOID

from models.enrollment import CertificateRole
from models.errors import BadInputError
from models.identifiers import BoxId, RoomId, parse_box_id, parse_room_id

REHEARSAL_UNIT: Final = "rehearsal"
"""The organisational unit in every certificate of a rehearsal, and in no other."""


ROOM_PREFIX: Final = "urn:smart-classroom:room:"
"""A box's certificate names its room as a URI in the subject alternative name."""


class CertificateError(BadInputError):
    """The box's certificate cannot be read, or names no box. Enrol the box again."""


def box_id_of(certificate_pem: bytes) -> BoxId:
    """The box that this certificate names: its one common name."""
    names = _load(certificate_pem).subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    if len(names) != 1:
        raise CertificateError("The certificate must have exactly one common name. Enrol the box again.")
    return parse_box_id(str(names[0].value))


def plays_school(certificate_pem: bytes) -> bool:
    """Whether the holder is in rehearsal: its subject carries OU=rehearsal. Never a setting."""
    units = _load(certificate_pem).subject.get_attributes_for_oid(NameOID.ORGANIZATIONAL_UNIT_NAME)
    return any(unit.value == REHEARSAL_UNIT for unit in units)


def role_of(certificate: x509.Certificate) -> CertificateRole | None:
    """What the holder may ask of the authority, by its organisational unit; None when it says none that we know."""
    units = {unit.value for unit in certificate.subject.get_attributes_for_oid(NameOID.ORGANIZATIONAL_UNIT_NAME)}
    known = [role for role in CertificateRole if role.value in units]
    return known[0] if len(known) == 1 else None


def room_of(certificate: x509.Certificate) -> RoomId | None:
    """The room that the certificate is bound to, None when it names none. Raises BadInputError on a malformed one."""
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return None
    rooms = [uri for uri in names.get_values_for_type(x509.UniformResourceIdentifier) if uri.startswith(ROOM_PREFIX)]
    return parse_room_id(rooms[0].removeprefix(ROOM_PREFIX)) if len(rooms) == 1 else None


def _load(certificate_pem: bytes) -> x509.Certificate:
    try:
        return x509.load_pem_x509_certificate(certificate_pem)
    except ValueError:
        raise CertificateError("The certificate file is not a PEM certificate. Enrol the box again.") from None
