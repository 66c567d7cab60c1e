"""The root key stays on a machine without a network; only a request travels to it, and a certificate back.

`make_root` and `sign_issuer` run on that machine, `request_issuer` and `install_issuer` on the authority's. Not here:
everything on one machine (`preparation`), and what follows once the issuing certificate is there (`founding`).
"""

from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from models.clock import Clock
from models.durable_files import write_whole
from models.errors import BadInputError, SettingsError
from models.wire.box_certificate import REHEARSAL_UNIT
from provisioning.authority import certificate_office
from provisioning.authority.certificate_office import to_pem
from provisioning.authority.founding import ROOT_CERTIFICATE, ROOT_KEY
from provisioning.authority.key_files import ISSUING_KEY, read_certificates, read_ec_key, write_private
from provisioning.authority.settings import Settings
from provisioning.key_requests import request_for


class CeremonyError(SettingsError):
    """This step of the ceremony cannot be done now; nothing was changed."""


class BrokenRequestError(BadInputError):
    """The file is not what the other machine wrote. Copy it again."""


def make_root(folder: Path, name: str, clock: Clock, *, rehearsal: bool) -> Path:
    """A root key (0600) and its certificate in a new folder; gives the certificate's file. Raises CeremonyError."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    key = ec.generate_private_key(ec.SECP256R1())
    try:
        write_private(folder / ROOT_KEY, key)
    except FileExistsError:
        raise CeremonyError(f"{folder / ROOT_KEY} is there already. A second root needs a folder of its own.") from None
    root = certificate_office.make_root(key, name, clock.now(), rehearsal=rehearsal)
    write_whole(folder / ROOT_CERTIFICATE, to_pem(root))
    return folder / ROOT_CERTIFICATE


def request_issuer(settings: Settings) -> bytes:
    """The authority's request (PKCS#10, PEM) for its issuing key, which is made where it is missing."""
    settings.keys.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = settings.keys / ISSUING_KEY
    if not path.exists():
        write_private(path, ec.generate_private_key(ec.SECP256R1()))
    return request_for(read_ec_key(path), settings.name).public_bytes(Encoding.PEM)


def sign_issuer(folder: Path, request_pem: bytes, clock: Clock) -> bytes:
    """The issuing certificate with its root (PEM) for a request that was carried here. Raises BrokenRequestError."""
    try:
        request = x509.load_pem_x509_csr(request_pem)
    except ValueError:
        raise BrokenRequestError("The file is no request (CSR). Copy it again from the authority's machine.") from None
    key, names = request.public_key(), request.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    if not request.is_signature_valid or len(names) != 1 or not isinstance(key, ec.EllipticCurvePublicKey):
        raise BrokenRequestError("The request is damaged or not of an authority. Make it again: request-issuer.")
    root = read_certificates(folder / ROOT_CERTIFICATE)[0]
    units = root.subject.get_attributes_for_oid(NameOID.ORGANIZATIONAL_UNIT_NAME)
    rehearsal = any(unit.value == REHEARSAL_UNIT for unit in units)
    root_key = read_ec_key(folder / ROOT_KEY)
    issuer = certificate_office.make_issuer(key, root_key, root, str(names[0].value), clock.now(), rehearsal=rehearsal)
    return to_pem(issuer, root)


def install_issuer(settings: Settings, chain_pem: bytes) -> None:
    """Takes the certificate that came back, if it is for this machine's key and its root vouches for it.

    An authority that has one keeps it: boxes trust it. Raises BrokenRequestError or CeremonyError.
    """
    try:
        issuer, root = x509.load_pem_x509_certificates(chain_pem)
        issuer.verify_directly_issued_by(root)
        root.verify_directly_issued_by(root)
    except (ValueError, TypeError, InvalidSignature):
        raise BrokenRequestError("The file is not what sign-issuer wrote. Copy it again.") from None
    if issuer.public_key() != read_ec_key(settings.keys / ISSUING_KEY).public_key():
        raise BrokenRequestError("The certificate is for another authority's key. Take the one for this request.")
    if settings.authorities.exists() and settings.authorities.read_bytes() != to_pem(issuer, root):
        raise CeremonyError(f"{settings.authorities} holds another authority that boxes may trust. It stays.")
    write_whole(settings.authorities, to_pem(issuer, root))
