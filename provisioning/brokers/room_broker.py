"""Writes the configuration of the room's own Mosquitto: pupils' devices speak here, and never reach the centre.

Up to three listeners, each with its own names and rights: devices by password, devices by certificate (only when asked
for), and the box's own programs on loopback, whose names open nothing from the network. Mosquitto 2.0.11 upward. Not
here: passwords (`room_passwords`), starting it.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Final

import msgspec

from models.durable_files import write_whole
from models.identifiers import parse_box_id
from models.wire.room_topics import BRIDGE_FOUND, BRIDGE_ONLINE
from provisioning.brokers.central_broker import one_line
from provisioning.brokers.room_passwords import BRIDGE, CARETAKER, EDGE, prepare_own_passwords

CONFIGURATION: Final = "mosquitto.conf"
PID_FILE: Final = "mosquitto.pid"


class RoomBrokerFiles(msgspec.Struct, frozen=True, kw_only=True):
    """`certificate` and `key` (PEM) are what the box shows its devices; `passwords` is written by `write_passwords`.

    `device_authorities` (PEM) is who certifies devices, None: none may come with a certificate.
    """

    certificate: Path
    key: Path
    passwords: Path
    device_authorities: Path | None = None


class RoomPlaces(msgspec.Struct, frozen=True, kw_only=True):
    """Where it listens: `bind` and `port` for devices, `own_port` on 127.0.0.1 for the box's own programs."""

    bind: str = "0.0.0.0"  # noqa: S104 - devices of the room come here, each with its password, over TLS 1.3
    port: int = 8883
    certificate_port: int = 8884
    own_port: int = 1883


class RoomLimits(msgspec.Struct, frozen=True, kw_only=True):
    """Bounds for 125 devices on a box with 4 GB. All but `connections` and `memory_bytes` hold for each client.

    Whoever reaches `memory_bytes` shuts everybody out, so it must stay out of reach of what devices may leave behind:
    each one message of `packet_bytes` on each of `DEVICE_TOPICS`, 10 MB for 125 devices. An edge that has just come in
    is owed all of it, which its queue must hold.
    """

    connections: int = 200
    memory_bytes: int = 128 * 1024 * 1024
    packet_bytes: int = 16 * 1024
    queued_messages: int = 1000
    queued_bytes: int = 16 * 1024 * 1024
    inflight_messages: int = 20


def write_room_broker(
    directory: Path,
    files: RoomBrokerFiles,
    places: RoomPlaces | None = None,
    bridged: Iterable[str] = (),
    limits: RoomLimits | None = None,
    run_as: str | None = None,
) -> Path:
    """Writes `mosquitto.conf`, the rights and the own programs' passwords below `directory`; gives the former.

    `bridged` are the devices for which the bridge speaks. `files.passwords` is made empty when it is missing. `run_as`
    is the account of a Mosquitto that root starts. May be called again at any time. Raises SettingsError,
    BadInputError on a name that is no topic level, or StorageError.
    """
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    state = directory / "state"
    state.mkdir(mode=0o700, exist_ok=True)
    if not files.passwords.exists():
        write_whole(files.passwords, b"", 0o600)
    own = prepare_own_passwords(directory)
    network, local = directory / "network.acl", directory / "own.acl"
    write_whole(network, DEVICE_RIGHTS.encode("ascii"))
    write_whole(local, own_rights(bridged).encode("ascii"))
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


DEVICE_TOPICS: Final = ("tm", "state", "online", "about", "cmd/res")
"""Below `dev/<device>/`. Named one by one: every other topic could hold a retained message, without end."""

DEVICE_RIGHTS: Final = "".join(
    [*(f"pattern write dev/%u/{topic}\n" for topic in DEVICE_TOPICS), "pattern read dev/%u/cmd\n"]
)
"""A device speaks for itself and hears its own commands. `%u` is its user name or its certificate's name."""


def own_rights(bridged: Iterable[str]) -> str:
    """The rights of edge (hears all, commands all) and bridge (speaks and hears for its devices, by name).

    And of the caretaker, who empties what retired devices left (`departed_devices`).
    """
    lines = [f"user {EDGE}", "topic read dev/#", "topic write dev/+/cmd"]
    lines += [f"topic read {topic}" for topic in (BRIDGE_FOUND, BRIDGE_ONLINE)]
    lines += [f"user {BRIDGE}", *(f"topic write {topic}" for topic in (BRIDGE_FOUND, BRIDGE_ONLINE))]
    for name in sorted(set(bridged)):
        device = parse_box_id(name)
        lines += [f"topic write dev/{device}/{topic}" for topic in DEVICE_TOPICS]
        lines.append(f"topic read dev/{device}/cmd")
    lines += [f"user {CARETAKER}", *(f"topic write dev/+/{topic}" for topic in DEVICE_TOPICS)]
    return "\n".join([*lines, ""])


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
        "log_dest stderr",
        "log_type error",
        "log_type warning",
        "log_type notice",
        "log_type information",
    ]


def _for_passwords(files: RoomBrokerFiles, places: RoomPlaces, rights: Path, limits: RoomLimits) -> list[str]:
    return [
        *_listener(places.bind, places.port, rights, limits.connections),
        *_served(files),
        f"password_file {one_line(str(files.passwords))}",
        "use_username_as_clientid true",
    ]


def _for_certificates(
    files: RoomBrokerFiles, authorities: Path, places: RoomPlaces, rights: Path, limits: RoomLimits
) -> list[str]:
    return [
        *_listener(places.bind, places.certificate_port, rights, limits.connections),
        *_served(files),
        f"cafile {one_line(str(authorities))}",
        "require_certificate true",
        "use_identity_as_username true",
        "use_username_as_clientid true",
    ]


def _for_own_programs(places: RoomPlaces, passwords: Path, rights: Path) -> list[str]:
    return [*_listener("127.0.0.1", places.own_port, rights, 20), f"password_file {one_line(str(passwords))}"]


def _listener(bind: str, port: int, rights: Path, connections: int) -> list[str]:
    return [
        f"listener {port} {one_line(bind)}",
        "allow_anonymous false",
        f"acl_file {one_line(str(rights))}",
        f"max_connections {connections}",
        "max_qos 1",
    ]


def _served(files: RoomBrokerFiles) -> list[str]:
    return [
        f"certfile {one_line(str(files.certificate))}",
        f"keyfile {one_line(str(files.key))}",
        "tls_version tlsv1.3",
    ]
