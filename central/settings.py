"""Central's settings: one TOML file and the key files that it names, read here and nowhere else.

README.md lists every setting. Paths are relative to the settings file.
"""

import argparse
import ipaddress
from datetime import time
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key, load_pem_public_key
from cryptography.x509 import load_pem_x509_certificates

from models.errors import SettingsError
from models.settings_files import read_settings_file
from models.wire.card_trust import CardTrust, CardTrustRefusal, open_card_trust

SHORTEST_TOKEN = 32
ANCHOR_ENDINGS = (".der", ".cer", ".crt", ".pem")
REHEARSAL_SETTINGS = "var/rehearsal/central/settings.toml"
"""What `make run` writes, seen from the checkout; the commands take it when no other file is named."""


class DatabaseSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Either a SQLite `file` (default) or the `url` of a PostgreSQL database (postgresql+psycopg://...)."""

    file: Path = Path("central.db")
    url: str = ""

    @property
    def address(self) -> str:
        """The address as SQLAlchemy takes it."""
        return self.url or f"sqlite:///{self.file}"


class MeasurementSettings(DatabaseSettings, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The measurement store, a database of its own (`file` or `url` as above), and how its program is known.

    `certificate` and `key` (PEM) show `keep-measurements` to the broker of `[broker]`, `name` is the certificate's.
    """

    file: Path = Path("measurements.db")
    certificate: Path | None = None
    key: Path | None = None
    name: str = "central-measurements"


class KeySettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """PEM files, readable by central alone: `signing` (Ed25519) for receipts and rosters, `evidence` (X25519)."""

    signing: Path
    evidence: Path


class BrokerSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The central broker (mutual TLS 1.3, PEM files). `name` is the certificate's name, `shards` as in the boxes."""

    host: str
    port: int = 8883
    authority: Path
    certificate: Path
    key: Path
    name: str = "central"
    shards: Annotated[int, msgspec.Meta(ge=1, le=9999)] = 16


class HttpSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where the pages are served. Any address but this machine's own needs `certificate` and `key` (PEM)."""

    host: str = "localhost"
    port: int = 8500
    certificate: Path | None = None
    key: Path | None = None


class AuthoritySettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The provisioning authority (mutual TLS 1.3, PEM files). `address` is `host:port`."""

    address: str
    authorities: Path
    certificate: Path
    key: Path


class MetricsSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`token_file` holds what Prometheus must bring from another machine; without it only this machine is told."""

    token_file: Path | None = None


class RecipientSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An e-mail address that is told of alerts: of one `school` (its code), or (empty) of all."""

    email: str
    school: str = ""


class MailSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The mail server. `security` is "starttls", "tls" or "none"; `user` with the first line of `password_file`."""

    host: str
    sender: str
    port: int = 587
    security: Literal["starttls", "tls", "none"] = "starttls"
    user: str = ""
    password_file: Path | None = None


class WebhookSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where alerts are posted as JSON (https), signed with the secret in `secret_file` (HMAC-SHA-256)."""

    url: str
    secret_file: Path


class AlertSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Telling people of alerts. From `quiet_from` to `quiet_until` (school time) nobody is; then comes the digest."""

    quiet_from: time = time(20, 0)
    quiet_until: time = time(6, 30)
    lines_an_hour: Annotated[int, msgspec.Meta(ge=1, le=1000)] = 10
    recipients: tuple[RecipientSettings, ...] = ()
    mail: MailSettings | None = None
    webhook: WebhookSettings | None = None
    pages: str = ""
    """Where people open central's pages (https://central.example), for letters; empty: letters name no address."""


class CardTrustSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The signed bundle of `python -m provisioning trust add`, and the Ed25519 key (PEM) that it wrote beside."""

    bundle: Path
    key: Path


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything central is told. `anchors` is a folder of CSCA certificates (DER or PEM), for rehearsals."""

    database: DatabaseSettings = DatabaseSettings()
    measurements: MeasurementSettings = MeasurementSettings()
    keys: KeySettings
    broker: BrokerSettings
    http: HttpSettings = HttpSettings()
    authority: AuthoritySettings | None = None
    metrics: MetricsSettings = MetricsSettings()
    alerts: AlertSettings = AlertSettings()
    anchors: Path | None = None
    card_trust: CardTrustSettings | None = None


def add_settings_option(parser: argparse.ArgumentParser) -> None:
    """Let a command be told its settings file; a file that is not there is wrong use."""
    parser.add_argument(
        "--settings",
        type=_existing_file,
        default=REHEARSAL_SETTINGS,
        metavar="FILE",
        help="central's settings, TOML (default: the rehearsal's %(default)s, if it exists)",
    )


def _existing_file(text: str) -> Path:
    path = Path(text)
    if not path.is_file():
        raise argparse.ArgumentTypeError(f"there is no file {path}; name central's settings with --settings FILE")
    return path


def read_settings(path: Path) -> Settings:
    """The settings in a TOML file. Raises `SettingsError` that names what is wrong."""
    settings = read_settings_file(path, Settings)
    if settings.database.file == DatabaseSettings().file:
        beside = DatabaseSettings(file=path.parent / settings.database.file, url=settings.database.url)
        settings = msgspec.structs.replace(settings, database=beside)
    if settings.measurements.file == MeasurementSettings().file:
        measured = msgspec.structs.replace(settings.measurements, file=path.parent / settings.measurements.file)
        settings = msgspec.structs.replace(settings, measurements=measured)
    _refuse_open_http(settings.http)
    _refuse_alerts_without_way(settings.alerts)
    return settings


def _refuse_alerts_without_way(alerts: AlertSettings) -> None:
    if alerts.recipients and alerts.mail is None:
        raise SettingsError("alerts.recipients need a mail server. Name alerts.mail.host and alerts.mail.sender.")
    webhook = alerts.webhook
    if webhook is not None and not webhook.url.startswith(("https://", "http://127.0.0.1:", "http://localhost:")):
        raise SettingsError("alerts.webhook.url must begin with https://.")


def read_secret(path: Path) -> str:
    """The first line of a file that its owner alone may read. Raises `SettingsError`."""
    try:
        if path.stat().st_mode & 0o077:
            raise SettingsError(f"The secret {path} can be read by others. Run: chmod 600 {path}")
        secret = path.read_text("utf-8").partition("\n")[0].strip()
    except (OSError, UnicodeDecodeError):
        raise SettingsError(f"The secret {path} cannot be read. Make the file, mode 0600.") from None
    if not secret:
        raise SettingsError(f"The secret {path} is empty.")
    return secret


def _refuse_open_http(http: HttpSettings) -> None:
    if (http.certificate is None) != (http.key is None):
        raise SettingsError("http.certificate and http.key belong together. Name both, or neither.")
    if http.certificate is None and not _is_this_machine(http.host):
        raise SettingsError(
            f"http.host = {http.host} is reachable from outside. Name http.certificate and http.key, or use localhost."
        )


def _is_this_machine(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def read_signing_key(path: Path) -> Ed25519PrivateKey:
    """The key of receipts and rosters. Raises `SettingsError`."""
    key = _read_key(path)
    if not isinstance(key, Ed25519PrivateKey):
        raise SettingsError(f"The key {path} is not an Ed25519 key. Run: python -m central make-keys")
    return key


def read_evidence_key(path: Path) -> X25519PrivateKey:
    """The key that opens evidence. Raises `SettingsError`."""
    key = _read_key(path)
    if not isinstance(key, X25519PrivateKey):
        raise SettingsError(f"The key {path} is not an X25519 key. Run: python -m central make-keys")
    return key


def _read_key(path: Path) -> object:
    try:
        if path.stat().st_mode & 0o077:
            raise SettingsError(f"The key {path} can be read by others. Run: chmod 600 {path}")
        return load_pem_private_key(path.read_bytes(), None)
    except (OSError, ValueError):
        raise SettingsError(f"The key {path} is missing or broken. Run: python -m central make-keys") from None


def read_metrics_token(path: Path | None) -> str:
    """The token for `/metrics`, empty when no file is named. Raises `SettingsError` on a weak or open one."""
    if path is None:
        return ""
    remedy = f"Run: (umask 077; openssl rand -hex 32 > {path})"
    try:
        if path.stat().st_mode & 0o077:
            raise SettingsError(f"The token {path} can be read by others. Run: chmod 600 {path}")
        token = path.read_text(encoding="ascii").strip()
    except (OSError, ValueError):
        raise SettingsError(f"The token {path} is missing or not plain text. {remedy}") from None
    if len(token) < SHORTEST_TOKEN:
        raise SettingsError(f"The token {path} is shorter than {SHORTEST_TOKEN} letters. {remedy}")
    return token


def read_anchors(folder: Path | None) -> tuple[bytes, ...]:
    """Every CSCA certificate in the folder, in DER, by file name; none when no folder is named.

    Raises `SettingsError` on a folder or file that cannot be read.
    """
    if folder is None:
        return ()
    try:
        paths = sorted(path for path in folder.iterdir() if path.suffix.lower() in ANCHOR_ENDINGS)
        return tuple(der for path in paths for der in _certificates_in(path.read_bytes()))
    except OSError as error:
        raise SettingsError(f"The folder of anchors {folder} cannot be read: {error.strerror}.") from None
    except ValueError:
        raise SettingsError(f"A file in {folder} is not a certificate. Take it out.") from None


def read_card_trust(settings: CardTrustSettings) -> tuple[bytes, CardTrust]:
    """The bundle as it travels to boxes, and opened. Raises `SettingsError` when it is not the authority's."""
    try:
        content, key = settings.bundle.read_bytes(), load_pem_public_key(settings.key.read_bytes())
    except (OSError, ValueError):
        raise SettingsError(f"{settings.bundle} or its key {settings.key} is missing or broken. Copy both.") from None
    if not isinstance(key, Ed25519PublicKey):
        raise SettingsError(f"The key {settings.key} is not an Ed25519 key. Copy the one beside the bundle.")
    opened = open_card_trust(content, key)
    if isinstance(opened, CardTrustRefusal):
        raise SettingsError(
            f"The card trust {settings.bundle} is not used: {opened.value}. Copy it again with its key."
        )
    return content, opened


def root_fingerprint(path: Path) -> str:
    """SHA-256 (hex) of the self-signed certificate among these (PEM). Raises `SettingsError`."""
    try:
        certificates = load_pem_x509_certificates(path.read_bytes())
    except (OSError, ValueError):
        raise SettingsError(f"The certificates in {path} cannot be read.") from None
    roots = [one for one in certificates if one.issuer == one.subject]
    if not roots:
        raise SettingsError(f"{path} holds no root certificate. Take authorities.pem as the authority wrote it.")
    return roots[0].fingerprint(SHA256()).hex()


def _certificates_in(content: bytes) -> list[bytes]:
    if b"-----BEGIN" not in content:
        return [content]
    return [certificate.public_bytes(Encoding.DER) for certificate in load_pem_x509_certificates(content)]
