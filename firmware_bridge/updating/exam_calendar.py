"""The school's exams as the box's signed trust list tells them, and the newest instant that the box has seen.

The room's plan may be as old as it likes and says nothing of its age; the trust list ends at its `good_until`. The same
files and the same freeze as the box's own updates (`provisioning.updates`). Not here: the judgement (`allowed_moment`).
"""

from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from models.errors import BadInputError
from models.wire import codec
from models.wire.trust_list import FILE_NAME, TrustList, from_file, open_trust_list

NEVER: Final = datetime.min.replace(tzinfo=UTC)
_KEY: Final = "trust.public.pem"
_LATEST_KNOWN: Final = Path("updates/latest-known")


def read_calendar(box: Path) -> TrustList | None:
    """The trust list in the box's folder; None when it is missing or the authority's key did not sign it."""
    try:
        key = load_pem_public_key((box / _KEY).read_bytes())
        signed = from_file((box / FILE_NAME).read_bytes())
        school = codec.decode(signed.body, TrustList).school_id
    except (OSError, ValueError, BadInputError):
        return None
    found = open_trust_list(signed, key, school, NEVER, None) if isinstance(key, Ed25519PublicKey) else None
    return found if isinstance(found, TrustList) else None


def latest_known(box: Path) -> datetime:
    """The latest instant (UTC) that an update of the box has seen; `NEVER` when there was none."""
    try:
        found = datetime.fromisoformat((box / _LATEST_KNOWN).read_text("ascii"))
    except (OSError, ValueError):
        return NEVER
    return found if found.tzinfo is not None else NEVER
