"""The settings of the programs beside a broker: one TOML file, read here and nowhere else.

README.md lists every setting. Paths are relative to the settings file.
"""

import ssl
from pathlib import Path
from typing import Annotated, TypeVar

import msgspec
from cryptography import x509

from models.errors import SettingsError
from models.settings_files import read_settings_file
from provisioning.brokers.central_broker import CENTRAL_NAME, BrokerFiles, BrokerLimits
from provisioning.brokers.running_broker import BrokerByPidFile, BrokerByUnit, RunningBroker

S = TypeVar("S", bound=msgspec.Struct)


class AuthoritySettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where the authority is (`host:port`), and the keeper's own certificate and key (PEM)."""

    address: str
    authorities: Path
    certificate: Path
    key: Path


class BrokerSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The broker: `certificate` and `key` are what it serves, `authorities` whom it trusts (root and issuing).

    The keeper writes `revoked` and reads `log`. `unit` or `pid_file` says whom to signal. `host` is the name by which
    the keeper and the check reach it, `bind` where it listens. `run_as` is the account of a broker that root starts.
    """

    host: str
    port: Annotated[int, msgspec.Meta(ge=1, le=65535)] = 8883
    bind: str = "0.0.0.0"  # noqa: S104 - boxes of a whole province come here, each with its certificate
    directory: Path = Path("broker")
    authorities: Path
    certificate: Path
    key: Path
    revoked: Path = Path("broker/revoked.pem")
    log: Path | None = Path("broker/mosquitto.log")
    pid_file: Path | None = None
    unit: str | None = None
    central_name: str = CENTRAL_NAME
    run_as: str | None = None
    limits: BrokerLimits = BrokerLimits()


class KeeperSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`state` is the keeper's folder; the three spans are seconds.

    `hold_seconds` is longer than the longest wait of a box between two tries to connect (30 s).
    """

    state: Path = Path("keeper")
    ask_every_seconds: Annotated[float, msgspec.Meta(ge=0.1, le=5)] = 5.0
    settle_seconds: Annotated[float, msgspec.Meta(ge=0.1, le=10)] = 1.0
    hold_seconds: Annotated[float, msgspec.Meta(ge=0.1, le=110)] = 40.0


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything that the programs beside the central broker are told."""

    authority: AuthoritySettings
    broker: BrokerSettings
    keeper: KeeperSettings = KeeperSettings()

    @property
    def broker_files(self) -> BrokerFiles:
        """The files as the broker's configuration names them (absolute)."""
        broker = self.broker
        pid_file = None if broker.pid_file is None else broker.pid_file.absolute()
        return BrokerFiles(
            authority=broker.authorities.absolute(),
            certificate=broker.certificate.absolute(),
            key=broker.key.absolute(),
            revoked=broker.revoked.absolute(),
            log=None if broker.log is None else broker.log.absolute(),
            pid_file=pid_file,
        )

    @property
    def running_broker(self) -> RunningBroker:
        """Whom to signal."""
        if self.broker.pid_file is not None:
            return BrokerByPidFile(pid_file=self.broker.pid_file)
        return BrokerByUnit(unit=self.broker.unit or "")


def read_settings(path: Path) -> Settings:
    """The settings in a TOML file. Raises `SettingsError` that names what is wrong."""
    path = path.absolute()
    settings = read_settings_file(path, Settings)
    if (settings.broker.pid_file is None) == (settings.broker.unit is None):
        raise SettingsError("Name broker.unit or broker.pid_file, one of the two.")
    return msgspec.structs.replace(
        settings,
        authority=_beside(path.parent, settings.authority),
        broker=_beside(path.parent, settings.broker),
        keeper=_beside(path.parent, settings.keeper),
    )


def read_certificates(path: Path) -> tuple[x509.Certificate, ...]:
    """The certificates in a PEM file. Raises `SettingsError`."""
    try:
        return tuple(x509.load_pem_x509_certificates(path.read_bytes()))
    except (OSError, ValueError) as error:
        raise SettingsError(f"{path} holds no certificates ({error}). Copy authorities.pem again.") from None


def check_broker_files(files: BrokerFiles) -> None:
    """Raises `SettingsError` when a broker that reads its files again could not use them.

    Mosquitto 2.0.11 then goes on without any revocation list (measured): it must not be asked to.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        context.load_cert_chain(files.certificate, files.key)
        context.load_verify_locations(files.authority)
    except (OSError, ssl.SSLError) as error:
        raise SettingsError(
            f"The broker's {files.certificate.name}, its key or {files.authority.name} is broken ({error}). "
            "Put the right files back; until then the broker is not asked to read them."
        ) from None


def _beside(folder: Path, part: S) -> S:
    paths = {name: folder / value for name in part.__struct_fields__ if isinstance(value := getattr(part, name), Path)}
    return msgspec.structs.replace(part, **paths)
