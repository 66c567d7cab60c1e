"""What a certificate of the transport says about its holder.

Not here: whether it is valid (TLS decides that) and issuing (provisioning).
"""

from typing import Final

from cryptography import x509
from cryptography.x509.oid import NameOID

from models.errors import BadInputError
from models.identifiers import BoxId, parse_box_id

REHEARSAL_UNIT: Final = "rehearsal"
"""The organisational unit in every certificate of a rehearsal, and in no other."""


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


def _load(certificate_pem: bytes) -> x509.Certificate:
    try:
        return x509.load_pem_x509_certificate(certificate_pem)
    except ValueError:
        raise CertificateError("The certificate file is not a PEM certificate. Enrol the box again.") from None
