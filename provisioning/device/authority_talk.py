"""The box's line to its authority, with the identity that may speak there, and what it reports of itself.

Not here: the first talk over a code (`meeting`).
"""

from contextlib import suppress
from datetime import datetime
from pathlib import Path

import msgspec

from models import VERSION
from models.enrollment import BoxReport, Done
from models.face_weights import INSTALLED_FILE_NAME, InstalledWeights
from models.machine_identity import machine_identity
from models.wire.authority_line import AuthorityLine, mutual_tls
from provisioning.device import identities, trust_store
from provisioning.device.box_folder import BoxFolder, NotEnrolledError
from provisioning.device.keys import AUTHORITIES_FILE, CERTIFICATE_FILE, KEY_FILE


def line_with(box: BoxFolder, identity: Path) -> AuthorityLine:
    """A line to the box's authority that shows this identity. Raises AuthorityUnreachableError, NotEnrolledError."""
    return AuthorityLine(
        box.read_room().authority_address,
        lambda: mutual_tls(identity / AUTHORITIES_FILE, identity / CERTIFICATE_FILE, identity / KEY_FILE),
    )


def speaking_identity(box: BoxFolder, now: datetime) -> Path:
    """The newest operating identity; it speaks for the box also while an exam certificate is in use.

    An expired one only when there is no other. Raises NotEnrolledError.
    """
    found = [
        (identities.validity(box.identities / name).ends_at, name)
        for name in identities.names(box)
        if not name.startswith(identities.EXAM_PREFIX)
    ]
    begun = [(ends, name) for ends, name in found if identities.validity(box.identities / name).begins_at <= now]
    current = box.identity_name()
    if not found:
        raise NotEnrolledError("This box has no identity. Run `python -m provisioning enroll` first.")
    valid_current = [name for ends, name in begun if name == current and ends > now]
    name = valid_current[0] if valid_current else max(begun or found)[1]
    return box.identities / name


def report_of(box: BoxFolder) -> BoxReport:
    """What the box says of itself."""
    return BoxReport(
        software=VERSION,
        weights=_weights(box),
        trust_list_version=trust_store.held_version(box) or 0,
        room_devices_version=box.read_room().room_devices_version or 0,
        machine=machine_identity(),
    )


def say(line: AuthorityLine, report: BoxReport) -> None:
    """Reports. Raises RefusedByAuthorityError, AuthorityUnreachableError."""
    line.post("/v1/reports", report, Done)


def _weights(box: BoxFolder) -> str:
    """The first twelve digits of the network's SHA-256, as the box's vitals say it; empty without weights."""
    with suppress(OSError, msgspec.DecodeError):
        installed = (box.weights / INSTALLED_FILE_NAME).read_bytes()
        return msgspec.toml.decode(installed, type=InstalledWeights).folded_from_sha256[:12]
    return ""
