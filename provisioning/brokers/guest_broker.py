"""Writes the configuration of the guests' broker: a second Mosquitto for devices that announce themselves.

Home Assistant's discovery lets a device retain what it likes on topics that it chooses, and some say more in one
message than the room's broker takes. Whoever fills this broker shuts out other guests, not the room: it has its own
process, port and memory, keeps nothing on the card, and is as new after a restart. Passwords and certificate are the
room broker's. Not here: the rights (`plan_rights`), starting it.
"""

from pathlib import Path
from typing import Final

import msgspec

from models.durable_files import write_whole
from models.room_plan import RoomPlan
from provisioning.brokers.central_broker import one_line
from provisioning.brokers.plan_rights import guest_own_rights, guest_rights
from provisioning.brokers.room_broker import (
    LOG_LINES,
    RoomBrokerFiles,
    RoomPlaces,
    listener_lines,
    rewrite,
    served_lines,
)
from provisioning.brokers.room_passwords import names_in, own_passwords_file

CONFIGURATION: Final = "guests.conf"
PID_FILE: Final = "guests.pid"
RIGHTS: Final = "guests.acl"
OWN_RIGHTS: Final = "guests-own.acl"


class GuestLimits(msgspec.Struct, frozen=True, kw_only=True):
    """Bounds for the foreign devices of one room. A Zigbee bridge says its whole device list in one message."""

    connections: int = 60
    memory_bytes: int = 64 * 1024 * 1024
    packet_bytes: int = 512 * 1024
    queued_messages: int = 2000
    queued_bytes: int = 16 * 1024 * 1024
    inflight_messages: int = 20


def write_guest_broker(
    directory: Path,
    files: RoomBrokerFiles,
    places: RoomPlaces | None = None,
    plan: RoomPlan | None = None,
    limits: GuestLimits | None = None,
    run_as: str | None = None,
) -> Path:
    """Writes `guests.conf` and its rights into the room broker's `directory`, after `write_room_broker`; gives it.

    Raises SettingsError or StorageError.
    """
    places, limits = places or RoomPlaces(), limits or GuestLimits()
    write_guest_rights(directory, files.passwords, plan)
    lines = [
        "per_listener_settings true",
        "set_tcp_nodelay true",
        "persistence false",
        f"memory_limit {limits.memory_bytes}",
        f"max_packet_size {limits.packet_bytes}",
        f"max_queued_messages {limits.queued_messages}",
        f"max_queued_bytes {limits.queued_bytes}",
        f"max_inflight_messages {limits.inflight_messages}",
        "max_keepalive 300",
        f"pid_file {one_line(str(directory / PID_FILE))}",
        *LOG_LINES,
        *listener_lines(places.bind, places.guest_port, directory / RIGHTS, limits.connections),
        *served_lines(files),
        f"password_file {one_line(str(files.passwords))}",
        "use_username_as_clientid true",
        *listener_lines("127.0.0.1", places.guest_own_port, directory / OWN_RIGHTS, 20),
        f"password_file {one_line(str(own_passwords_file(directory)))}",
    ]
    if run_as is not None:
        lines.append(f"user {one_line(run_as)}")
    configuration = directory / CONFIGURATION
    write_whole(configuration, "\n".join([*lines, ""]).encode())
    return configuration


def write_guest_rights(directory: Path, passwords: Path, plan: RoomPlan | None) -> bool:
    """Rights that the guests' broker reads at its next reload; whether any changed. Raises StorageError."""
    wanted = {RIGHTS: guest_rights(plan, names_in(passwords)), OWN_RIGHTS: guest_own_rights(plan)}
    changed = [name for name, text in wanted.items() if rewrite(directory / name, text)]
    return bool(changed)
