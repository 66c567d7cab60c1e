"""Whether an exam is near, as the box itself judges: from its signed trust list and a clock that only goes forward.

A clock set back lifts nothing: the latest instant that this box ever knew is its floor. Not here: the rule itself
(`models.roll_outs.freezing_exam`), and fetching the trust list (the caretaker, or a USB stick).
"""

from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from models.durable_files import make_folder, write_whole
from models.errors import BadInputError
from models.roll_outs import freezing_exam
from models.wire import codec
from models.wire.trust_list import FILE_NAME, TrustList, TrustListRefusal, from_file, open_trust_list
from provisioning.updates.refusals import ExamsUnknownError, FrozenForExamError

LATEST_KNOWN: Final = "latest-known"
"""In `<box>/updates/`: the latest instant (ISO 8601, UTC) that an update of this box has seen."""


def time_told(box: Path, told: datetime) -> datetime:
    """The authority's time, which also mends what a wrong clock left behind. Raises ExamsUnknownError."""
    return _remember(box, max(told, _trust_list(box).issued_at))


def time_at_hand(box: Path, wall: datetime) -> datetime:
    """The wall clock's time, never below what this box knew before. Raises ExamsUnknownError."""
    return _remember(box, max(wall, _remembered(box), _trust_list(box).issued_at))


def refuse_near_exam(box: Path, instant: datetime) -> None:
    """Raises FrozenForExamError when the trust list tells of an exam near, ExamsUnknownError when there is none."""
    trust_list = _trust_list(box)
    if instant >= trust_list.good_until:
        raise ExamsUnknownError
    if freezing_exam(trust_list.exams, instant) is not None:
        raise FrozenForExamError


def _trust_list(box: Path) -> TrustList:
    try:
        key = load_pem_public_key((box / "trust.public.pem").read_bytes())
        signed = from_file((box / FILE_NAME).read_bytes())
        if not isinstance(key, Ed25519PublicKey):
            raise ExamsUnknownError
        school = codec.decode(signed.body, TrustList).school_id
        found = open_trust_list(signed, key, school, datetime.min.replace(tzinfo=UTC), None)
    except (OSError, ValueError, BadInputError):
        raise ExamsUnknownError from None
    if isinstance(found, TrustListRefusal):
        raise ExamsUnknownError
    return found


def _remember(box: Path, instant: datetime) -> datetime:
    file = box / "updates" / LATEST_KNOWN
    make_folder(file.parent)
    write_whole(file, instant.isoformat().encode())
    return instant


def _remembered(box: Path) -> datetime:
    try:
        return datetime.fromisoformat((box / "updates" / LATEST_KNOWN).read_text("ascii"))
    except (OSError, ValueError):
        return datetime.min.replace(tzinfo=UTC)
