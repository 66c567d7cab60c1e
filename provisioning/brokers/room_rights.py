"""The roles and topics of a room's broker, for the check that tries them, and two accounts that live as long as it.

Not here: the trying (`check_rights`), and the rights as the broker reads them (`room_broker`).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import msgspec
from cryptography import x509

from models.durable_files import write_whole
from models.enrollment import CertificateRole, RoomDevice
from models.errors import SettingsError
from models.wire.mqtt_session import BrokerAddress
from provisioning.brokers.check_rights import Family, Role
from provisioning.brokers.plan_rights import DEVICE_TOPICS
from provisioning.brokers.room_broker import CONFIGURATION, PID_FILE, bridged_names
from provisioning.brokers.room_passwords import (
    BRIDGE,
    CARETAKER,
    EDGE,
    OWN_NAMES,
    VIEWER,
    own_password_file,
    password_line,
)
from provisioning.brokers.running_broker import BrokerByPidFile, RunningBroker
from provisioning.mosquitto_passwords import make_password, mosquitto_hash

DEVICE, OTHER_DEVICE = "device", "other-device"
ACCOUNTS: Final = {DEVICE: "rights-check-one", OTHER_DEVICE: "rights-check-two"}
LOOPBACK: Final = "127.0.0.1"


class RoomBrokerPlace(msgspec.Struct, frozen=True, kw_only=True):
    """A room's broker as its configuration says it. `bridged` is one device of the bridge, None when it has none.

    `name` is the one in its certificate: it is asked here, on its own machine, under the name that its devices use.
    """

    directory: Path
    name: str
    authorities: Path
    port: int
    own_port: int
    passwords: Path
    bridged: str | None
    pid_file: str = PID_FILE

    @property
    def process(self) -> RunningBroker:
        """Whom to signal."""
        return BrokerByPidFile(pid_file=self.directory / self.pid_file)


def read_room_broker(directory: Path, authorities: Path | None) -> RoomBrokerPlace:
    """What `write_room_broker` wrote. `authorities` None: those of the box around it. Raises SettingsError."""
    return read_configuration(directory, CONFIGURATION, PID_FILE, authorities)


def read_configuration(directory: Path, configuration: str, pid_file: str, authorities: Path | None) -> RoomBrokerPlace:
    """One of a room's two brokers, by its configuration's file. Raises SettingsError."""
    try:
        lines = (directory / configuration).read_text("utf-8").splitlines()
        bridged = sorted(bridged_names(directory))
    except OSError as error:
        raise SettingsError(
            f"There is no room broker in {directory} ({error.strerror}). Enrol the box first."
        ) from None
    listeners = _values(lines, "listener")
    return RoomBrokerPlace(
        directory=directory,
        name=_name_in(Path(_values(lines, "certfile")[0])),
        authorities=authorities or directory.parent / "identity" / "current" / "authorities.pem",
        port=int(listeners[0].split()[0]),
        own_port=int(listeners[-1].split()[0]),
        passwords=Path(_values(lines, "password_file")[0]),
        bridged=bridged[0] if bridged else None,
        pid_file=pid_file,
    )


def _name_in(certificate: Path) -> str:
    try:
        served = x509.load_pem_x509_certificates(certificate.read_bytes())[0]
        names = served.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        return names.get_values_for_type(x509.DNSName)[0]
    except (OSError, ValueError, IndexError, x509.ExtensionNotFound):
        raise SettingsError(
            "The room's broker has no certificate of the authority yet. Run: python -m provisioning attend --once"
        ) from None


def _values(lines: list[str], setting: str) -> list[str]:
    return [line.removeprefix(f"{setting} ") for line in lines if line.startswith(f"{setting} ")]


@contextmanager
def two_accounts(place: RoomBrokerPlace, scratch: Path) -> Iterator[None]:
    """Two devices with passwords in `scratch`, known to the broker meanwhile. Raises BrokerNotRunningError."""
    lines = []
    for name in ACCOUNTS.values():
        password = make_password()
        write_whole(scratch / name, f"{password}\n".encode(), 0o600)
        lines.append(password_line(RoomDevice(name=name, password_hash=mosquitto_hash(password))))
    try:
        _write(place.passwords, _others(place.passwords) + lines)
        place.process.reload()
        yield
    finally:
        _write(place.passwords, _others(place.passwords))
        place.process.reload()


def room_roles(place: RoomBrokerPlace, scratch: Path) -> list[Role]:
    """Everybody who may knock at a room's broker."""
    return [*own_roles(place, scratch), *knocking_from_outside(place, scratch)]


def own_roles(place: RoomBrokerPlace, scratch: Path, before: str = "") -> list[Role]:
    """Those who must get in; `before` stands before their names."""
    devices = [
        Role(name=before + role, address=_from_network(place, account, scratch / account), client_id=account)
        for role, account in ACCOUNTS.items()
    ]
    own = [
        Role(name=before + name, address=_from_inside(place, name), client_id=f"rights-check-{name}")
        for name in OWN_NAMES
    ]
    return devices + own


def knocking_from_outside(place: RoomBrokerPlace, scratch: Path, before: str = "") -> list[Role]:
    """Those who must not get in."""
    one, two = ACCOUNTS[DEVICE], ACCOUNTS[OTHER_DEVICE]
    outside = [
        ("no password", _from_network(place, None, None)),
        ("another's password", _from_network(place, one, scratch / two)),
        ("edge from the network", _from_network(place, EDGE, own_password_file(place.directory, EDGE))),
    ]
    return [Role(name=before + name, address=address, client_id=one, may_enter=False) for name, address in outside]


def room_families(place: RoomBrokerPlace) -> list[Family]:
    """What may be said and heard at a room's broker."""
    families = []
    speakers = {account: role for role, account in ACCOUNTS.items()}
    if place.bridged is not None:
        speakers[place.bridged] = BRIDGE
    for device, speaker in speakers.items():
        for topic in DEVICE_TOPICS:
            hearers = {EDGE} if topic == "cmd/res" else {EDGE, VIEWER}
            families.append(_family(f"dev/{device}/{topic}", {speaker, CARETAKER}, hearers))
        families.append(_family(f"dev/{device}/cmd", {EDGE}, {speaker, EDGE}))
        families += [_family(f"dev/{device}/{topic}", set(), set()) for topic in ("other", "tm/other", "cmd/other")]
    families += [_family(topic, set(), set()) for topic in ("dev/x", "homeassistant/x/config", "up/0/box/ev")]
    return families


def _family(topic: str, sayers: set[str], hearers: set[str]) -> Family:
    return Family(topic=topic, sayers=frozenset(sayers), hearers=frozenset(hearers))


def _from_network(place: RoomBrokerPlace, user_name: str | None, password_file: Path | None) -> BrokerAddress:
    return BrokerAddress(
        host=LOOPBACK,
        port=place.port,
        authority=place.authorities,
        role=CertificateRole.ROOM_BROKER,
        name=place.name,
        user_name=user_name,
        password_file=password_file,
    )


def _from_inside(place: RoomBrokerPlace, name: str) -> BrokerAddress:
    return BrokerAddress(
        host=LOOPBACK,
        port=place.own_port,
        authority=None,
        user_name=name,
        password_file=own_password_file(place.directory, name),
    )


def _others(passwords: Path) -> list[str]:
    kept = passwords.read_text("ascii").splitlines(keepends=True)
    return [line for line in kept if line.partition(":")[0] not in ACCOUNTS.values()]


def _write(passwords: Path, lines: list[str]) -> None:
    write_whole(passwords, "".join(lines).encode("ascii"), 0o600)
