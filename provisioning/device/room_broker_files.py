"""The room's own broker in the box's folder: its configuration, the certificate that it shows, its devices.

The certificate is the authority's, for the name of the room: devices trust the authority and find the same name when a
box is replaced. It has a key of its own, because the box's may sit in a TPM that Mosquitto cannot ask. Key and
certificate are one file, so that they change together. Not here: what stands in the configuration
(`provisioning.brokers`).
"""

import logging
import os
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key
from cryptography.x509.oid import NameOID

from models.durable_files import make_folder, remove_folder, write_whole
from models.enrollment import IssuedCertificate, RoomCertificateRequest, RoomDevice, renewal_due
from models.errors import BadInputError
from models.foreign_topics import kiosk_names
from models.room_plan import PlanError, RoomPlan, followed_version, plan_from_file, remember_version
from models.settings_files import read_settings_file
from models.wire.authority_line import AuthorityLine
from models.wire.box_certificate import room_of
from models.wire.central_keys import CentralKeysError, keys_from_pem
from provisioning.brokers import guest_broker
from provisioning.brokers.departed_devices import forget_departed, note_departed
from provisioning.brokers.guest_broker import write_guest_broker, write_guest_rights
from provisioning.brokers.plan_rights import bridged_in, kiosk_topics
from provisioning.brokers.room_broker import (
    OWN_RIGHTS,
    PID_FILE,
    RoomBrokerFiles,
    RoomPlaces,
    bridged_names,
    kept_foreign_topics,
    write_room_broker,
    write_room_rights,
)
from provisioning.brokers.room_passwords import names_in, write_passwords
from provisioning.brokers.running_broker import BrokerByPidFile, BrokerNotRunningError
from provisioning.device.box_folder import PRIVATE, BoxFolder, RoomRecord
from provisioning.device.file_keys import FileKeys
from provisioning.device.keys import KEY_FILE
from provisioning.key_requests import key_pem

log = logging.getLogger(__name__)

_PROVISIONAL_LIFE: Final = timedelta(days=90)
_SERVED, _PASSWORDS, _NEXT, _FOLLOWED = "served.pem", "passwords", "next", "room-plan.version"

PLACES_FILE: Final = "room-broker.toml"
"""In the box's folder, when the room's broker must listen elsewhere: the fields of `RoomPlaces`."""


class RoomCertificateError(BadInputError):
    """What the authority sent is not for the room broker's key. The present certificate stays; tell IT."""


def write(box: BoxFolder) -> None:
    """All that the room's broker needs to start; what it serves and its devices stay if they are there.

    Until the authority has certified it (`certify`), it shows a certificate that no device believes. Raises
    ClassroomError.
    """
    folder = box.room_broker
    make_folder(folder, 0o700)
    make_folder(folder / "state", 0o700)
    if not (folder / _SERVED).exists():
        key = ec.generate_private_key(ec.SECP256R1())
        _serve(box, key, _provisional(box.read_room(), key).public_bytes(Encoding.PEM))
    plan, files, places, run_as = held_plan(box), _files(folder), _places(box), _run_as(folder)
    write_room_broker(folder, files, places, run_as=run_as, plan=plan)
    write_guest_broker(folder, files, places, run_as=run_as, plan=plan)


def _places(box: BoxFolder) -> RoomPlaces:
    """Where it listens: the usual ports, or those of a file that a person laid beside the box's settings."""
    path = box.path / PLACES_FILE
    return read_settings_file(path, RoomPlaces) if path.exists() else RoomPlaces()


def wants_certificate(box: BoxFolder, now: datetime) -> bool:
    """Whether the authority should be asked: it never was, or for another room, or two thirds of its life are over."""
    try:
        served = x509.load_pem_x509_certificates((box.room_broker / _SERVED).read_bytes())[0]
    except (OSError, ValueError):
        return True
    if served.issuer == served.subject or room_of(served) != box.read_room().room_id:
        return True
    return now >= renewal_due(served.not_valid_before_utc, served.not_valid_after_utc)


def certify(box: BoxFolder, line: AuthorityLine) -> None:
    """The broker shows a new certificate of the authority from now on. Safe to repeat at any point.

    Raises RoomCertificateError, RefusedByAuthorityError, AuthorityUnreachableError, DurableFileError.
    """
    draft, keys = box.room_broker / _NEXT, FileKeys()
    if not (draft / KEY_FILE).exists():
        make_folder(draft, 0o700)
        keys.make(draft)
    request = RoomCertificateRequest(csr=keys.request(draft))
    issued = line.post("/v1/room-certificates", request, IssuedCertificate).certificate
    key = load_pem_private_key((draft / KEY_FILE).read_bytes(), None)
    try:
        fits = x509.load_pem_x509_certificates(issued)[0].public_key() == key.public_key()
    except ValueError:
        fits = False
    if not fits or not isinstance(key, ec.EllipticCurvePrivateKey):
        raise RoomCertificateError("The authority's certificate is not for the room broker's key. Tell IT.")
    _serve(box, key, issued)
    remove_folder(draft)
    _reload(box)


def admit(box: BoxFolder, devices: tuple[RoomDevice, ...]) -> None:
    """Exactly these devices from now on; who is not among them is thrown off, and the broker forgets what it left.

    Raises ClassroomError; what was not forgotten yet is at the next call.
    """
    folder, passwords = box.room_broker, box.room_broker / _PASSWORDS
    stay = bridged_names(folder) | kept_foreign_topics(folder) if (folder / OWN_RIGHTS).exists() else frozenset()
    note_departed(folder, names_in(passwords), present={device.name for device in devices} | stay)
    write_passwords(passwords, devices)
    write_guest_rights(folder, passwords, held_plan(box))
    _reload(box)
    forget_departed(folder)


def held_plan(box: BoxFolder) -> RoomPlan | None:
    """The room's plan as the room agent keeps it; None for none, and for one that central did not sign for this box.

    Nor is one followed that is older than the room agent or the caretaker followed before. Raises DurableFileError.
    """
    mark = box.room_broker / _FOLLOWED
    try:
        content, box_id = box.room_plan.read_bytes(), box.read_room().box_id
        marks = (followed_version(one, box_id) for one in (mark, box.room_plan.with_suffix(".version")))
        held = max((version for version in marks if version is not None), default=None)
        plan = plan_from_file(content, keys_from_pem(box.central_key.read_bytes()), box_id, held)
        remember_version(mark, box_id, plan.version)
    except FileNotFoundError:
        return None
    except (OSError, PlanError, CentralKeysError) as error:
        log.warning("The room's plan is not followed: %s", error)
        return None
    return plan


def follow_plan(box: BoxFolder) -> None:
    """Both brokers' rights are those of the room's plan from now on; what left the room is forgotten there.

    Without a plan that can be believed everything stays as it is. Raises ClassroomError; what was not forgotten yet is
    at the next call.
    """
    plan, folder = held_plan(box), box.room_broker
    if plan is None or not (folder / OWN_RIGHTS).exists():
        return
    if not (folder / guest_broker.CONFIGURATION).exists():  # enrolled with a release that had one broker
        write(box)
    before = bridged_names(folder) | kept_foreign_topics(folder)
    topics = {topic for name in kiosk_names(plan).values() for topic in kiosk_topics(name)}
    note_departed(folder, before, present={*names_in(folder / _PASSWORDS), *bridged_in(plan), *topics})
    room, guests = write_room_rights(folder, plan=plan), write_guest_rights(folder, folder / _PASSWORDS, plan)
    if room or guests:
        _reload(box)
        log.info("The room's brokers follow version %d of the room's plan", plan.version)
    forget_departed(folder)


def _reload(box: BoxFolder) -> None:
    for pid_file in (PID_FILE, guest_broker.PID_FILE):
        with suppress(BrokerNotRunningError):  # it reads the new files when it starts
            BrokerByPidFile(pid_file=box.room_broker / pid_file).reload()


def _run_as(folder: Path) -> str | None:
    """Whose Mosquitto root starts; an account without a name is none that root could start one as."""
    try:
        return folder.owner() if os.geteuid() == 0 else None
    except KeyError:
        return None


def _files(folder: Path) -> RoomBrokerFiles:
    return RoomBrokerFiles(certificate=folder / _SERVED, key=folder / _SERVED, passwords=folder / _PASSWORDS)


def _serve(box: BoxFolder, key: ec.EllipticCurvePrivateKey, certificates: bytes) -> None:
    write_whole(box.room_broker / _SERVED, certificates + key_pem(key), PRIVATE)


def _provisional(room: RoomRecord, key: ec.EllipticCurvePrivateKey) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"{room.box_id} not certified yet")])
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + _PROVISIONAL_LIFE)
        .sign(key, hashes.SHA256())
    )
