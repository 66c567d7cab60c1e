"""Writes the central Mosquitto's configuration: who may connect, and who may say what on which topic.

Mosquitto 2.0.11 upward. Deny by default: a box writes below `up/<any shard>/<its name>/` and reads below
`down/<its name>/`; central reads `up/#` and writes `down/#`; its measuring program reads two lanes of all boxes and
writes one. Nothing lives in the broker: no persistence, nothing retained. Not here: starting it, and keeping its
revocation list (`keeper`).
"""

from pathlib import Path
from typing import Final

import msgspec

from models.durable_files import write_whole
from models.errors import SettingsError
from models.messages import LARGEST_DOWN_BYTES

CENTRAL_NAME: Final = "central"
KEEPER_NAME: Final = "broker-keeper"
"""The common name of the keeper's own certificate: it may connect, and neither say nor hear anything."""

MEASURING_NAME: Final = "central-measurements"
"""The common name of central's second program: it hears telemetry and greetings, and says how far it holds them."""

MEASURED_FILTERS: Final = ("up/+/+/tm", "up/+/+/hello")


class BrokerFiles(msgspec.Struct, frozen=True, kw_only=True):
    """PEM files that the broker reads. `revoked` is the authority's revocation list; an empty one is a list too.

    `log` is read by the keeper, `pid_file` tells it whom to signal; both are written by the broker, None: not at all.
    """

    authority: Path
    certificate: Path
    key: Path
    revoked: Path
    log: Path | None = None
    pid_file: Path | None = None


class BrokerLimits(msgspec.Struct, frozen=True, kw_only=True):
    """Bounds that keep one client from filling the broker. A province has up to 6,400 boxes; 10,000 may hang half open.

    All but `connections` and `memory_bytes` hold for each client.
    """

    connections: int = 16_400
    memory_bytes: int = 2 * 1024 * 1024 * 1024
    packet_bytes: int = LARGEST_DOWN_BYTES + 1024
    queued_messages: int = 10_000
    queued_bytes: int = 256 * 1024 * 1024
    inflight_messages: int = 100


def write_broker_configuration(
    directory: Path,
    files: BrokerFiles,
    port: int,
    central_name: str = CENTRAL_NAME,
    bind: str = "127.0.0.1",
    limits: BrokerLimits | None = None,
    run_as: str | None = None,
) -> Path:
    """Writes `mosquitto.conf` and `rights.acl` below `directory` and returns the former.

    `central_name` is the common name of central's certificate. `run_as` is the account that owns the key files; a
    Mosquitto started by root changes to it (without it to `mosquitto`), any other start ignores it. Raises
    SettingsError on a path or name that would change the meaning of the file, StorageError when one cannot be written.
    """
    directory.mkdir(parents=True, exist_ok=True)
    rights = directory / "rights.acl"
    write_whole(rights, rights_text(central_name).encode("ascii"))
    configuration = directory / "mosquitto.conf"
    text = configuration_text(files, rights, port, bind, limits or BrokerLimits())
    if run_as is not None:
        text += f"user {one_line(run_as)}\n"
    write_whole(configuration, text.encode("utf-8"))
    return configuration


def rights_text(central_name: str) -> str:
    """The access list. `%u` is the name in the client's certificate."""
    return "\n".join(
        (
            "pattern write up/+/%u/#",
            "pattern read down/%u/#",
            f"user {one_line(central_name)}",
            "topic read up/#",
            "topic write down/#",
            f"user {MEASURING_NAME}",
            f"topic deny up/+/{MEASURING_NAME}/#",
            f"topic deny down/{MEASURING_NAME}/#",
            *(f"topic read {wanted}" for wanted in MEASURED_FILTERS),
            "topic write down/+/mark",
            f"user {KEEPER_NAME}",
            "topic deny #",
            "",
        )
    )


def configuration_text(files: BrokerFiles, rights: Path, port: int, bind: str, limits: BrokerLimits) -> str:
    """The configuration file."""
    lines = [
        "per_listener_settings false",
        f"listener {port} {one_line(bind)}",
        f"cafile {one_line(str(files.authority))}",
        f"certfile {one_line(str(files.certificate))}",
        f"keyfile {one_line(str(files.key))}",
        f"crlfile {one_line(str(files.revoked))}",
        "tls_version tlsv1.3",
        "require_certificate true",
        "use_identity_as_username true",
        "use_username_as_clientid true",
        "allow_anonymous false",
        f"acl_file {one_line(str(rights))}",
        "set_tcp_nodelay true",
        "persistence false",
        "retain_available false",
        f"max_connections {limits.connections}",
        f"memory_limit {limits.memory_bytes}",
        "max_qos 1",
        "persistent_client_expiration 1h",
        f"max_packet_size {limits.packet_bytes}",
        f"max_queued_messages {limits.queued_messages}",
        f"max_queued_bytes {limits.queued_bytes}",
        f"max_inflight_messages {limits.inflight_messages}",
        "max_keepalive 60",
        "log_dest stderr",
        "log_type error",
        "log_type warning",
        "log_type notice",
        "log_type information",
        "log_type subscribe",
    ]
    if files.log is not None:
        lines.append(f"log_dest file {one_line(str(files.log))}")
    if files.pid_file is not None:
        lines.append(f"pid_file {one_line(str(files.pid_file))}")
    return "\n".join([*lines, ""])


def one_line(text: str) -> str:
    """The text, if it can stand in a line of a configuration without beginning another. Raises SettingsError."""
    if not text or any(ord(letter) < 0x20 for letter in text):
        raise SettingsError("A name or path in the broker's configuration is empty or holds a control character.")
    return text
