"""The room's own broker in the box's folder: configuration and certificate at enrolment, its devices when they change.

The broker shows a certificate of its own, made here and signed by itself: the box's certificate is for clients, and its
key may sit in a TPM that Mosquitto cannot ask. Not here: what stands in the configuration (`provisioning.brokers`).
"""

from datetime import UTC, datetime, timedelta
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from models.enrollment import RoomDevice
from provisioning.brokers.room_broker import PID_FILE, RoomBrokerFiles, write_room_broker
from provisioning.brokers.room_passwords import write_passwords
from provisioning.brokers.running_broker import BrokerByPidFile, BrokerNotRunningError
from provisioning.device.box_folder import PRIVATE, BoxFolder, RoomRecord, make_folder, write_whole

_LIFE: Final = timedelta(days=3650)
_CERTIFICATE, _KEY, _PASSWORDS = "certificate.pem", "key.pem", "passwords"


def write(box: BoxFolder) -> None:
    """All that the room's broker needs; its certificate and devices stay if they are there. Raises ClassroomError."""
    folder = box.room_broker
    make_folder(folder, 0o700)
    make_folder(folder / "state", 0o700)
    if not (folder / _CERTIFICATE).exists():
        _certify(box)
    files = RoomBrokerFiles(certificate=folder / _CERTIFICATE, key=folder / _KEY, passwords=folder / _PASSWORDS)
    write_room_broker(folder, files)


def admit(box: BoxFolder, devices: tuple[RoomDevice, ...]) -> None:
    """Exactly these devices from now on; who is not among them is thrown off. Raises ClassroomError."""
    write_passwords(box.room_broker / _PASSWORDS, devices)
    try:
        BrokerByPidFile(pid_file=box.room_broker / PID_FILE).reload()
    except BrokerNotRunningError:
        return  # it reads the new file when it starts


def _certify(box: BoxFolder) -> None:
    room = box.read_room()
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"room-{room.room_id}.local")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + _LIFE)
        .add_extension(_names_of(room), critical=False)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(key, hashes.SHA256())
    )
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    write_whole(box.room_broker / _KEY, secret, PRIVATE)
    write_whole(box.room_broker / _CERTIFICATE, certificate.public_bytes(Encoding.PEM))


def _names_of(room: RoomRecord) -> x509.SubjectAlternativeName:
    names = (f"room-{room.room_id}.local", f"{room.box_id}.local", "localhost")
    return x509.SubjectAlternativeName([x509.DNSName(name.lower()) for name in names])
