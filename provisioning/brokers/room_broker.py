"""Writes the configuration of the room's own Mosquitto: pupils' devices speak here, and never reach the centre.

Up to three listeners, each with its own names and rights: devices by password, devices by certificate (only when asked
for), and the box's own programs on loopback, whose names open nothing from the network. Mosquitto 2.0.11 upward. Not
here: rights (`plan_rights`), passwords (`room_passwords`), starting it.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Final

import msgspec

from models.durable_files import write_whole
from models.room_plan import RoomPlan
from provisioning.brokers.central_broker import one_line
from provisioning.brokers.plan_rights import network_rights, own_rights
from provisioning.brokers.room_passwords import prepare_own_passwords

CONFIGURATION: Final = "mosquitto.conf"
PID_FILE: Final = "mosquitto.pid"
NETWORK_RIGHTS: Final = "network.acl"
OWN_RIGHTS: Final = "own.acl"

LOG_LINES: Final = (
    "log_dest stderr",
    "log_type error",
    "log_type warning",
    "log_type notice",
    "log_type information",
)


class RoomBrokerFiles(msgspec.Struct, frozen=True, kw_only=True):
    """`certificate` and `key` (PEM) are what the box shows its devices; `passwords` is written by `write_passwords`.

    `device_authorities` (PEM) is who certifies devices, None: none may come with a certificate.
    """

    certificate: Path
    key: Path
    passwords: Path
    device_authorities: Path | None = None


class RoomPlaces(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where it listens: `bind` and `port` for devices, `own_port` on 127.0.0.1 for the box's own programs.

    The guests' broker (`guest_broker`) listens on `guest_port` and `guest_own_port` likewise.
    """

    bind: str = "0.0.0.0"  # noqa: S104 - devices of the room come here, each with its password, over TLS 1.3
    port: int = 8883
    certificate_port: int = 8884
    own_port: int = 1883
    guest_port: int = 8885
    guest_own_port: int = 1885


class RoomLimits(msgspec.Struct, frozen=True, kw_only=True):
    """Bounds for 125 devices on a box with 4 GB. All but `connections` and `memory_bytes` hold for each client.

    Whoever reaches `memory_bytes` shuts everybody out, so it must stay out of reach of what devices may leave behind:
    each one message of `packet_bytes` on each of `DEVICE_TOPICS`, and two more of a tablet with FreeKiosk: 14 MB for
    125 devices, in 875 messages. An edge that has just come in is owed all of it and what it announced itself, which
    its queue must hold.
    """

    connections: int = 200
    memory_bytes: int = 128 * 1024 * 1024
    packet_bytes: int = 16 * 1024
    queued_messages: int = 2000
    queued_bytes: int = 16 * 1024 * 1024
    inflight_messages: int = 20


def write_room_broker(
    directory: Path,
    files: RoomBrokerFiles,
    places: RoomPlaces | None = None,
    bridged: Iterable[str] = (),
    limits: RoomLimits | None = None,
    run_as: str | None = None,
    plan: RoomPlan | None = None,
) -> Path:
    """Writes `mosquitto.conf`, the rights and the own programs' passwords below `directory`; gives the former.

    `bridged` are devices for which the bridge speaks beside those of the plan. `files.passwords` is made empty when it
    is missing. `run_as` is the account of a Mosquitto that root starts. May be called again at any time. Raises
    SettingsError, BadInputError on a name that is no topic level, or StorageError.
    """
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    state = directory / "state"
    state.mkdir(mode=0o700, exist_ok=True)
    if not files.passwords.exists():
        write_whole(files.passwords, b"", 0o600)
    own = prepare_own_passwords(directory)
    network, local = directory / NETWORK_RIGHTS, directory / OWN_RIGHTS
    write_room_rights(directory, bridged, plan)
    places, limits = places or RoomPlaces(), limits or RoomLimits()
    lines = _of_all(directory, state, limits)
    lines += _for_passwords(files, places, network, limits)
    if files.device_authorities is not None:
        lines += _for_certificates(files, files.device_authorities, places, network, limits)
    lines += _for_own_programs(places, own, local)
    if run_as is not None:
        lines.append(f"user {one_line(run_as)}")
    configuration = directory / CONFIGURATION
    write_whole(configuration, "\n".join([*lines, ""]).encode())
    return configuration


def write_room_rights(directory: Path, bridged: Iterable[str] = (), plan: RoomPlan | None = None) -> bool:
    """Rights that the broker reads at its next reload; whether any changed. Raises BadInputError, StorageError."""
    wanted = {NETWORK_RIGHTS: network_rights(plan), OWN_RIGHTS: own_rights(bridged, plan)}
    changed = [name for name, text in wanted.items() if rewrite(directory / name, text)]
    return bool(changed)


def bridged_names(directory: Path) -> frozenset[str]:
    """The devices for which the bridge may speak now. Raises OSError."""
    rights = (directory / OWN_RIGHTS).read_text("ascii").splitlines()
    return frozenset(line.split("/")[1] for line in rights if line.startswith("topic write dev/") and "+" not in line)


def kept_foreign_topics(directory: Path) -> frozenset[str]:
    """The topics of foreign devices of which the broker may hold a message now. Raises OSError."""
    rights = (directory / NETWORK_RIGHTS).read_text("ascii").splitlines()
    return frozenset(line.removeprefix("topic write ") for line in rights if line.startswith("topic write "))


def rewrite(path: Path, text: str) -> bool:
    """Writes a file when it says something else so far; whether it did. Raises StorageError."""
    content = text.encode()
    if path.exists() and path.read_bytes() == content:
        return False
    write_whole(path, content)
    return True


def _of_all(directory: Path, state: Path, limits: RoomLimits) -> list[str]:
    return [
        "per_listener_settings true",
        "set_tcp_nodelay true",
        "persistence true",
        f"persistence_location {one_line(str(state))}/",
        "persistence_file retained.db",
        "autosave_interval 60",
        "persistent_client_expiration 1h",
        f"memory_limit {limits.memory_bytes}",
        f"max_packet_size {limits.packet_bytes}",
        f"max_queued_messages {limits.queued_messages}",
        f"max_queued_bytes {limits.queued_bytes}",
        f"max_inflight_messages {limits.inflight_messages}",
        "max_keepalive 300",
        f"pid_file {one_line(str(directory / PID_FILE))}",
        *LOG_LINES,
    ]


def _for_passwords(files: RoomBrokerFiles, places: RoomPlaces, rights: Path, limits: RoomLimits) -> list[str]:
    return [
        *listener_lines(places.bind, places.port, rights, limits.connections),
        *served_lines(files),
        f"password_file {one_line(str(files.passwords))}",
        "use_username_as_clientid true",
    ]


def _for_certificates(
    files: RoomBrokerFiles, authorities: Path, places: RoomPlaces, rights: Path, limits: RoomLimits
) -> list[str]:
    return [
        *listener_lines(places.bind, places.certificate_port, rights, limits.connections),
        *served_lines(files),
        f"cafile {one_line(str(authorities))}",
        "require_certificate true",
        "use_identity_as_username true",
        "use_username_as_clientid true",
    ]


def _for_own_programs(places: RoomPlaces, passwords: Path, rights: Path) -> list[str]:
    return [*listener_lines("127.0.0.1", places.own_port, rights, 20), f"password_file {one_line(str(passwords))}"]


def listener_lines(bind: str, port: int, rights: Path, connections: int) -> list[str]:
    """A listener and what holds for everybody there."""
    return [
        f"listener {port} {one_line(bind)}",
        "allow_anonymous false",
        f"acl_file {one_line(str(rights))}",
        f"max_connections {connections}",
        "max_qos 1",
    ]


def served_lines(files: RoomBrokerFiles) -> list[str]:
    """What a listener shows its devices."""
    return [
        f"certfile {one_line(str(files.certificate))}",
        f"keyfile {one_line(str(files.key))}",
        "tls_version tlsv1.3",
    ]
