"""Devices that left a room: its broker forgets what it retained of them, so that nothing of a retired tablet stays.

Their names, and topics that are not below `dev/`, stand in a file from before they go until the broker agreed, so that
a power cut or a broker that does not run costs nothing. Not here: throwing them off (`room_passwords` and a reload).
"""

from collections.abc import Set as AbstractSet
from pathlib import Path
from typing import Final

from models.durable_files import write_whole
from models.errors import ClassroomError
from models.wire.mqtt_session import BrokerAddress, forget_retained
from provisioning.brokers.plan_rights import DEVICE_TOPICS
from provisioning.brokers.room_passwords import CARETAKER, own_password_file
from provisioning.brokers.room_rights import LOOPBACK, read_room_broker

DEPARTED: Final = "departed"


class NotForgottenError(ClassroomError):
    """The room's broker did not agree to forget what retired devices left there. Start it; this is tried again."""


def note_departed(directory: Path, before: AbstractSet[str], present: AbstractSet[str]) -> None:
    """Before rights or passwords change: of the names and topics that were here or left earlier, all that are gone."""
    departed = (_departed(directory) | before) - present
    write_whole(directory / DEPARTED, "".join(f"{name}\n" for name in sorted(departed)).encode("ascii"), 0o600)


def forget_departed(directory: Path) -> None:
    """After the reload. `directory` is the room broker's. Raises NotForgottenError, SettingsError, StorageError."""
    departed = _departed(directory)
    if not departed:
        return
    address = BrokerAddress(
        host=LOOPBACK,
        port=read_room_broker(directory, None).own_port,
        authority=None,
        user_name=CARETAKER,
        password_file=own_password_file(directory, CARETAKER),
    )
    topics = [one for name in sorted(departed) for one in _topics_of(name)]
    try:
        forgotten = forget_retained(address, CARETAKER, topics)
    except OSError:
        forgotten = False
    if not forgotten:
        raise NotForgottenError(
            f"The room's broker still keeps messages of {len(departed)} retired devices. Start it; this is tried again."
        )
    write_whole(directory / DEPARTED, b"", 0o600)


def _topics_of(departed: str) -> list[str]:
    return [departed] if "/" in departed else [f"dev/{departed}/{topic}" for topic in DEVICE_TOPICS]


def _departed(directory: Path) -> frozenset[str]:
    path = directory / DEPARTED
    return frozenset(path.read_text("ascii").split()) if path.exists() else frozenset()
