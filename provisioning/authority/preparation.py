"""An authority on one machine, for a school or a rehearsal: settings, keys and everybody's certificates in one folder.

What is there stays, so that it may be called at every start. Not here: a root key that is made and kept on another
machine (`root_ceremony`).
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from models.clock import Clock
from models.durable_files import write_whole
from models.enrollment import CertificateRole
from provisioning.authority.founding import certify_program, found
from provisioning.authority.settings import Settings, read_settings

SETTINGS_FILE: Final = "authority.toml"
CENTRAL_NAME: Final = "central"
KEEPER_NAME: Final = "broker-keeper"
MEASURING_NAME: Final = "central-measurements"
BROKER_FOLDER: Final = "broker"
BROKER_SETTINGS: Final = "broker.toml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What an authority is told on its first day.

    `address` (`host:port`) is where boxes find it, `listen_host` where it listens at that port. `receipt_key` is
    central's public key file (PEM, `central-signing.public.pem`).
    """

    address: str
    broker_host: str
    receipt_key: Path
    listen_host: str = "0.0.0.0"  # noqa: S104 - boxes of a whole province come here; TLS 1.3 and codes guard it
    broker_port: int = 8883
    broker_shards: int = 16
    name: str = "Smart classroom"
    rehearsal: bool = False


def prepare(folder: Path, plan: Plan, clock: Clock) -> Settings:
    """Writes the settings where there are none, then founds the authority and certifies its programs.

    Each program's folder holds `certificate.pem`, `key.pem` and `authorities.pem`: `central/`, `broker-keeper/`,
    `central-measurements/` and `broker/` (the central broker's own). `broker.toml` is for `provisioning broker` on the
    same machine. The root key lies in `root/`. Raises SettingsError.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / SETTINGS_FILE
    if not path.exists():
        write_whole(path, settings_text(plan).encode("utf-8"))
    settings = read_settings(path)
    found(settings, clock)
    certify_program(settings, clock, CertificateRole.CENTRAL, CENTRAL_NAME, folder / CENTRAL_NAME)
    certify_program(settings, clock, CertificateRole.BROKER_KEEPER, KEEPER_NAME, folder / KEEPER_NAME)
    certify_program(settings, clock, CertificateRole.MEASUREMENTS, MEASURING_NAME, folder / MEASURING_NAME)
    host = settings.broker.host
    certify_program(settings, clock, CertificateRole.SERVER, host, folder / BROKER_FOLDER, (host,))
    if not (folder / BROKER_SETTINGS).exists():
        write_whole(folder / BROKER_SETTINGS, broker_settings_text(settings).encode("utf-8"))
    return settings


def settings_text(plan: Plan) -> str:
    """What `prepare` writes into `authority.toml`."""
    port = plan.address.rpartition(":")[2]
    return f"""# Thiết đặt của trung tâm cấp chứng thư · Settings of the provisioning authority.
# Every setting: provisioning/authority/README.md. Paths are relative to this file.
address = {_quoted(plan.address)}
name = {_quoted(plan.name)}
rehearsal = {str(plan.rehearsal).lower()}
state = "state"
root = "root"

[listen]
host = {_quoted(plan.listen_host)}
port = {port}

[broker]
host = {_quoted(plan.broker_host)}
port = {plan.broker_port}
shards = {plan.broker_shards}

[central]
receipt_keys = [{_quoted(str(plan.receipt_key.resolve()))}]
"""


def broker_settings_text(settings: Settings) -> str:
    """What `prepare` writes into `broker.toml`: this authority, and a broker and keeper beside it."""
    return f"""# Thiết đặt của broker trung tâm và bộ giữ · Settings of the central broker and its keeper.
# Every setting: provisioning/brokers/README.md. Paths are relative to this file.
[authority]
address = {_quoted(settings.address)}
authorities = "{KEEPER_NAME}/authorities.pem"
certificate = "{KEEPER_NAME}/certificate.pem"
key = "{KEEPER_NAME}/key.pem"

[broker]
host = {_quoted(settings.broker.host)}
port = {settings.broker.port}
authorities = "{BROKER_FOLDER}/authorities.pem"
certificate = "{BROKER_FOLDER}/certificate.pem"
key = "{BROKER_FOLDER}/key.pem"
directory = "broker-run"
revoked = "broker-run/revoked.pem"
log = "broker-run/mosquitto.log"
pid_file = "broker-run/mosquitto.pid"
# Tài khoản chạy Mosquitto khi root khởi động · the account of a Mosquitto that root starts:
# run_as = "mosquitto"

[keeper]
state = "keeper"
"""


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
