"""The roles and topics of a room's guests' broker, for the check that tries them, and rights for its two accounts.

Only what holds for everybody with a password can be tried: of planned guests the check knows no password. Not here: the
trying (`check_rights`), the room's broker and the accounts (`room_rights`).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from models.durable_files import write_whole
from models.wire.room_topics import DISCOVERY
from provisioning.brokers.check_rights import Family, Role
from provisioning.brokers.guest_broker import CONFIGURATION, PID_FILE, RIGHTS
from provisioning.brokers.plan_rights import guest_rights
from provisioning.brokers.room_passwords import EDGE
from provisioning.brokers.room_rights import (
    ACCOUNTS,
    RoomBrokerPlace,
    knocking_from_outside,
    own_roles,
    read_configuration,
)

_IN_ROLE: Final = "guests: "


def read_guest_broker(directory: Path, authorities: Path | None) -> RoomBrokerPlace | None:
    """What `write_guest_broker` wrote; None in a box that has one broker. Raises SettingsError."""
    if not (directory / CONFIGURATION).exists():
        return None
    return read_configuration(directory, CONFIGURATION, PID_FILE, authorities)


@contextmanager
def rights_of_guests(guests: RoomBrokerPlace) -> Iterator[None]:
    """The two accounts may meanwhile say what everybody may who has a password. Raises BrokerNotRunningError."""
    rights = guests.directory / RIGHTS
    for_check = guest_rights(None, ACCOUNTS.values())
    try:
        write_whole(rights, (_without(rights, for_check) + for_check).encode("ascii"))
        guests.process.reload()
        yield
    finally:
        write_whole(rights, _without(rights, for_check).encode("ascii"))
        guests.process.reload()


def guest_roles(guests: RoomBrokerPlace, scratch: Path) -> list[Role]:
    """Everybody who may knock at the guests' broker."""
    return [*own_roles(guests, scratch, _IN_ROLE), *knocking_from_outside(guests, scratch, _IN_ROLE)]


def guest_families() -> list[Family]:
    """What may be said and heard at the guests' broker: a guest announces itself, and edge hears it."""
    families = []
    for role, account in ACCOUNTS.items():
        families += [
            _family(f"{DISCOVERY}/sensor/{levels}/config", {role}, {EDGE}) for levels in (account, f"{account}/air")
        ]
        families += [_family(topic, set(), set()) for topic in (f"{account}/state", f"cmnd/{account}/POWER")]
    nobodys = (f"{DISCOVERY}/sensor/nobody/config", f"{DISCOVERY}/status", "tasmota/discovery/x/config", "dev/x/tm")
    return families + [_family(topic, set(), set()) for topic in nobodys]


def _family(topic: str, sayers: set[str], hearers: set[str]) -> Family:
    return Family(
        topic=topic,
        sayers=frozenset(_IN_ROLE + one for one in sayers),
        hearers=frozenset(_IN_ROLE + one for one in hearers),
    )


def _without(rights: Path, for_check: str) -> str:
    return rights.read_text("ascii").replace(for_check, "")
