"""The roles and topics of the central broker, for the check that tries them.

Not here: the trying (`check_rights`), and the rights as the broker reads them (`central_broker`).
"""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from models.durable_files import write_whole
from models.errors import SettingsError
from models.identifiers import BoxId
from models.wire.box_certificate import box_id_of
from models.wire.mqtt_session import BrokerAddress
from models.wire.topics import DownLane, UpLane, down_topic, up_topic
from provisioning.brokers.check_rights import Family, Role
from provisioning.brokers.settings import Settings
from provisioning.key_requests import key_pem

BOX, OTHER_BOX, CENTRAL, KEEPER, REVOKED_BOX = "box", "other-box", "central", "keeper", "revoked-box"
MEASUREMENTS: Final = "central-measurements"
FOLDERS: Final = (BOX, OTHER_BOX, REVOKED_BOX, CENTRAL, MEASUREMENTS)
"""Below the folder of certificates, each with `certificate.pem` and `key.pem`, as in a box's `identity`."""


def central_roles(settings: Settings, certificates: Path, scratch: Path) -> list[Role]:
    """Everybody who may knock at the central broker. A stranger's key lies in `scratch`. Raises SettingsError."""
    roles = [_role_of(settings, certificates, name) for name in FOLDERS]
    own = settings.authority
    keeper = _address(settings, own.certificate, own.key)
    box_name = roles[0].client_id
    stranger, key = _make_stranger(scratch, box_name)
    return [
        *roles,
        Role(name=KEEPER, address=keeper, client_id=_name_in(own.certificate)),
        Role(
            name="self-signed, box's name",
            address=_address(settings, stranger, key),
            client_id=box_name,
            may_enter=False,
        ),
        Role(name="no certificate", address=_address(settings, None, None), client_id=box_name, may_enter=False),
    ]


def central_families(roles: list[Role]) -> list[Family]:
    """What may be said and heard at the central broker."""
    names = {role.name: BoxId(role.client_id) for role in roles}
    families = []
    for name in (BOX, OTHER_BOX):
        for lane in (UpLane.EVENTS, UpLane.HELLO, UpLane.TELEMETRY):
            topic = up_topic(0, names[name], lane)
            hearers = {CENTRAL} if lane is UpLane.EVENTS else {CENTRAL, MEASUREMENTS}
            families.append(Family(topic=topic, sayers=frozenset({name}), hearers=frozenset(hearers)))
        for down in (DownLane.ACK, DownLane.COMMAND, DownLane.MARK):
            topic = down_topic(names[name], down)
            sayers = {CENTRAL, MEASUREMENTS} if down is DownLane.MARK else {CENTRAL}
            families.append(Family(topic=topic, sayers=frozenset(sayers), hearers=frozenset({name})))
    nobodys = [
        f"up/{names[BOX]}/ev",
        f"up/0/{names[KEEPER]}/ev",
        f"up/0/{names[REVOKED_BOX]}/ev",
        f"up/0/{names[MEASUREMENTS]}/ev",
        f"dev/{names[BOX]}/tm",
        "elsewhere/x",
    ]
    families += [Family(topic=topic, sayers=frozenset(), hearers=frozenset()) for topic in nobodys]
    return families


def _role_of(settings: Settings, certificates: Path, name: str) -> Role:
    folder = certificates / name
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    return Role(
        name=name,
        address=_address(settings, certificate, key),
        client_id=_name_in(certificate),
        may_enter=name != REVOKED_BOX,
    )


def _address(settings: Settings, certificate: Path | None, key: Path | None) -> BrokerAddress:
    broker = settings.broker
    return BrokerAddress(
        host=broker.host, port=broker.port, authority=broker.authorities, certificate=certificate, key=key
    )


def _name_in(certificate: Path) -> str:
    try:
        return box_id_of(certificate.read_bytes())
    except OSError as error:
        raise SettingsError(
            f"{certificate} cannot be read ({error.strerror}). The check needs the folders {', '.join(FOLDERS)}, "
            "each with certificate.pem and key.pem."
        ) from None


def _make_stranger(scratch: Path, name: str) -> tuple[Path, Path]:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder(
        subject,
        subject,
        key.public_key(),
        x509.random_serial_number(),
        now - timedelta(hours=1),
        now + timedelta(hours=1),
    ).add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), critical=False)
    certificate, key_file = scratch / "stranger.pem", scratch / "stranger.key"
    write_whole(certificate, builder.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM))
    write_whole(key_file, key_pem(key), 0o600)
    return certificate, key_file
