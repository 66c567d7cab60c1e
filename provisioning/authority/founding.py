"""Makes an authority's keys and certificates on the first day, and certificates for its programs later.

Whatever is there and good stays: every function may be called again, also after a power cut in the middle. Not here:
boxes' certificates (the desks).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from sqlite_utils import Database

from models.clock import Clock
from models.durable_database import immediate, open_durably
from models.durable_files import write_whole
from models.enrollment import CertificateRole
from models.errors import SettingsError
from provisioning.authority.certificate_office import (
    CLOCKS_APART,
    CertificateOffice,
    Wish,
    make_issuer,
    make_root,
    to_pem,
)
from provisioning.authority.database import bring_up_to_date
from provisioning.authority.key_checks import key_hash_of
from provisioning.authority.key_files import (
    ISSUING_KEY,
    TRUST_KEY,
    read_certificates,
    read_ec_key,
    read_ed25519_key,
    read_keys,
    write_private,
)
from provisioning.authority.ledger import Ledger
from provisioning.authority.registers.audit_log import AuditLog
from provisioning.authority.registers.certificates import CertificateKind, Certificates
from provisioning.authority.settings import Settings

ROOT_KEY: Final = "root.key"
ROOT_CERTIFICATE: Final = "root.pem"
RENEW_BEFORE: Final = timedelta(days=30)
RENEW_ISSUER_BEFORE: Final = timedelta(days=365)
ACTOR: Final = "command line"
PROGRAM_KINDS: Final = {
    CertificateKind.CENTRAL,
    CertificateKind.BROKER_KEEPER,
    CertificateKind.MEASUREMENTS,
    CertificateKind.SERVER,
}


class ProgramNameError(SettingsError):
    """The name or role cannot be given to a program. The message says which."""


class RegisterLostError(SettingsError):
    """The authority was founded, and its register is gone. An empty one would let every revoked box in."""


def need_register(settings: Settings) -> None:
    """Nothing goes on with an empty register where there was one. Raises RegisterLostError."""
    if settings.authorities.exists() and not settings.database.exists():
        raise RegisterLostError(
            f"{settings.database} is gone. Put a backup back:"
            " python -m provisioning authority restore --settings FILE FROM_DIR"
            " (on the first day: run prepare or install-issuer again)"
        )


def found(settings: Settings, clock: Clock) -> None:
    """Makes root, issuing key, trust-list key, server certificate and register where they are missing.

    The server's certificate is renewed 30 days before its end under the same key; the
    issuing certificate a year before its end, if the root key is there. Raises SettingsError.
    """
    now = clock.now()
    for folder in (settings.state, settings.keys):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    _make_authorities(settings, now)
    if not (settings.keys / TRUST_KEY).exists():
        write_private(settings.keys / TRUST_KEY, Ed25519PrivateKey.generate())
    if not settings.trust_public_key.exists():
        public = read_ed25519_key(settings.keys / TRUST_KEY).public_key()
        write_whole(settings.trust_public_key, public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    renew_server(settings, clock)


def renew_server(settings: Settings, clock: Clock) -> None:
    """Certifies the authority's own server where that is due (30 days before the end). Raises SettingsError."""
    name, file = settings.host, settings.server_certificate
    _certify(settings, clock.now(), CertificateRole.SERVER, name, (name,), file, settings.server_key)


def certify_program(
    settings: Settings, clock: Clock, role: CertificateRole, name: str, folder: Path, hosts: tuple[str, ...] = ()
) -> None:
    """A key and certificate for central, the broker's keeper, or a server (`hosts` are its names and addresses).

    Writes `certificate.pem` (with issuers), `key.pem` (0600) and `authorities.pem` below `folder`; what is good for
    more than 30 days stays. Raises SettingsError.
    """
    if role is CertificateRole.BOX:
        raise ProgramNameError("A box gets its certificate with a code, not from here.")
    need_register(settings)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    _certify(settings, clock.now(), role, name, hosts, folder / "certificate.pem", folder / "key.pem")
    write_whole(folder / "authorities.pem", settings.authorities.read_bytes())


def take_out_program(settings: Settings, clock: Clock, name: str, reason: str) -> int:
    """Revokes all certificates of a program whose key got out; returns how many. Raises SettingsError."""
    now = clock.now()
    need_register(settings)
    with open_register(settings) as database:
        ledger = Ledger(database, settings, read_keys(settings))
        kinds = {row.kind for row in ledger.certificates.of(name)}
        if not kinds or not kinds <= PROGRAM_KINDS:
            raise ProgramNameError(f"No program has the name {name}. A box is taken out on its page.")
        count = ledger.certificates.revoke_all_of(name, now)
        ledger.revocation_lists.forget_keeper(name)
        ledger.audit.write(at=now, actor=ACTOR, action="program taken out", subject=name, reason=reason)
        ledger.trust_list_versions.raise_for_everyone()
        ledger.sign_revocation_list(now)
    return count


def _make_authorities(settings: Settings, now: datetime) -> None:
    root_key_file, root_file = settings.root_folder / ROOT_KEY, settings.root_folder / ROOT_CERTIFICATE
    if settings.authorities.exists():
        issuer = read_certificates(settings.authorities)[0]
        if issuer.not_valid_after_utc - now > RENEW_ISSUER_BEFORE or not root_key_file.exists():
            return
    settings.root_folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    root_key = _ec_key(root_key_file)
    if not root_file.exists():
        write_whole(root_file, to_pem(make_root(root_key, settings.name, now, rehearsal=settings.rehearsal)))
    root = read_certificates(root_file)[0]
    issuing = _ec_key(settings.keys / ISSUING_KEY).public_key()
    issuer = make_issuer(issuing, root_key, root, settings.name, now, rehearsal=settings.rehearsal)
    write_whole(settings.authorities, to_pem(issuer, root))


def _certify(
    settings: Settings,
    now: datetime,
    role: CertificateRole,
    name: str,
    hosts: tuple[str, ...],
    certificate_file: Path,
    key_file: Path,
) -> None:
    issuer, _ = read_certificates(settings.authorities)[:2]
    if certificate_file.exists() and key_file.exists() and _still_good(certificate_file, issuer, hosts, now):
        return
    key = _ec_key(key_file)
    office = CertificateOffice(read_ec_key(settings.keys / ISSUING_KEY), issuer, rehearsal=settings.rehearsal)
    made = office.make(
        Wish(
            name=name, role=role, public_key=key.public_key(), good_from=now - CLOCKS_APART,
            good_until=now + timedelta(days=settings.lifetimes.program_days), hosts=hosts,
        )
    )  # fmt: skip
    kind = CertificateKind(role.value)
    with open_register(settings) as database:
        certificates = Certificates(database)
        if any(row.kind is not kind for row in certificates.of(name)):
            raise ProgramNameError(f"The name {name} belongs to another role. Choose another name.")
        certificates.add(made, name, kind, key_hash_of(key.public_key()), now)
        AuditLog(database).write(at=now, actor=ACTOR, action="program certified", subject=name, role=role)
    write_whole(certificate_file, to_pem(made, issuer))


def _still_good(path: Path, issuer: x509.Certificate, hosts: tuple[str, ...], now: datetime) -> bool:
    held = read_certificates(path)[0]
    try:
        names = held.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        said = {str(name.value) for name in names}
    except x509.ExtensionNotFound:
        said = set()
    return held.not_valid_after_utc - now > RENEW_BEFORE and held.issuer == issuer.subject and said == set(hosts)


@contextmanager
def open_register(settings: Settings) -> Iterator[Database]:
    """The register in one transaction, also while the authority runs. Raises StorageError."""
    database = open_durably(settings.database)
    try:
        bring_up_to_date(database)
        with immediate(database):
            yield database
    finally:
        database.close()


def _ec_key(path: Path) -> ec.EllipticCurvePrivateKey:
    if not path.exists():
        write_private(path, ec.generate_private_key(ec.SECP256R1()))
    return read_ec_key(path)
