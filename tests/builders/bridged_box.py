"""An enrolled box's folder as the bridge reads it: certificate, central's key, and a signed plan."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import NameOID

from models.equipment import EquipmentKind
from models.room_plan import FILE_NAME, PlannedDevice, RoomPlan, SerialLink, WeekHours, sign_plan


def serial_device(device_id: str, port: str, driver: str = "link-v1") -> PlannedDevice:
    """A sensor board at a port."""
    link = SerialLink(port=port, driver=driver)
    return PlannedDevice(device_id=device_id, kind=EquipmentKind.SENSOR_BOARD, link=link)


def bridged_box(
    folder: Path,
    *devices: PlannedDevice,
    lessons: tuple[WeekHours, ...] = (),
    quiet: tuple[WeekHours, ...] = (),
) -> Path:
    """The folder, with these devices in its plan."""
    now = datetime.now(UTC)
    own, central = ec.generate_private_key(ec.SECP256R1()), Ed25519PrivateKey.generate()
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "box-1")])
    until = now + timedelta(days=1)
    certificate = x509.CertificateBuilder(name, name, own.public_key(), 1, now, until).sign(own, hashes.SHA256())
    (folder / "identity/current").mkdir(parents=True)
    (folder / "identity/current/certificate.pem").write_bytes(certificate.public_bytes(Encoding.PEM))
    public = central.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    (folder / "central.public.pem").write_bytes(public)
    plan = RoomPlan(
        version=1,
        box_id="box-1",
        room_id="p1",
        room_name="P1",
        made_at=now - timedelta(days=1),
        devices=devices,
        lessons=lessons,
        quiet=quiet,
    )
    (folder / FILE_NAME).write_bytes(msgspec.json.encode(sign_plan(plan, central)))
    (folder / "state/firmware").mkdir(parents=True, exist_ok=True)
    return folder
