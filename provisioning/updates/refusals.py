"""Why a box does not take an update: one named error for each attack, with a sentence for IT staff.

Not here: finding out (`client` asks TUF, `archive`, `shelf` and `freeze` look for themselves).
"""

from typing import Final

from tuf.api.exceptions import (
    BadVersionNumberError,
    DownloadError,
    DownloadLengthMismatchError,
    ExpiredMetadataError,
    LengthOrHashMismatchError,
    RepositoryError,
    SlowRetrievalError,
    UnsignedMetadataError,
)

from models.errors import ClassroomError


class UpdateRefusedError(ClassroomError):
    """The release is not taken; what runs goes on running. The subclasses say why."""

    sentence = "The update was refused. What runs now goes on running."

    def __init__(self, sentence: str | None = None) -> None:
        super().__init__(sentence or self.sentence)


class NotYetError(UpdateRefusedError):
    """The release is not taken now, for a reason that passes: the box tries again, and no roll-out stops for it."""


class RolledBackError(UpdateRefusedError):
    """Older metadata than this box has seen, or a release below the one that ran here (rollback, fast-forward)."""

    sentence = (
        "Somebody offers an older release than this box has seen. Tell the province's IT; do not use this source."
    )


class OutOfDateError(NotYetError):
    """Signed metadata whose time is over (freeze attack, or a stick that lay in a drawer)."""

    sentence = "The release list is past its date. Fetch a fresh one, or copy the USB stick again."


class StickStampError(UpdateRefusedError):
    """The long-lived stamp of sticks shown over the network (freeze attack)."""

    sentence = "The authority shows the stamp of a USB stick instead of its own. Tell the province's IT."


class NotSignedError(UpdateRefusedError):
    """Too few true signatures: a stolen key below the threshold, a foreign or forged repository."""

    sentence = "The release list is not signed by enough of the province's keys. Do not use this source; tell IT."


class MixedUpError(UpdateRefusedError):
    """Signed parts that do not belong together (mix-and-match)."""

    sentence = "The parts of the release list do not belong together. Copy or publish the whole repository again."


class TamperedFileError(UpdateRefusedError):
    """A file of another length or hash than the signed list says (arbitrary file)."""

    sentence = "The file is not the one that was released. Do not use this source; tell IT."


class EndlessFileError(UpdateRefusedError):
    """More bytes than the signed list says (endless data)."""

    sentence = "The source sends more than the release has. Do not use this source; tell IT."


class TooSlowError(NotYetError):
    """Bytes drip in so slowly that the update would never end (slow retrieval)."""

    sentence = "The source sends too slowly. Look at the network, or use a USB stick."


class BrokenListError(UpdateRefusedError):
    """Bytes that are no release list."""

    sentence = "The release list cannot be read. Copy or publish the whole repository again."


class NotThereError(NotYetError):
    """The source has no release list, or no file that it promised."""

    sentence = "The source holds no release list, or a file of it is missing. Copy the whole repository again."


class NotOfferedError(NotYetError):
    """The signed list does not name the release that this box was told to take."""

    sentence = "The wanted release is not in the signed list. Publish it first."


class BadArchiveError(UpdateRefusedError):
    """A signed archive that no box may unpack: links, paths that lead out, too large, not the expected files."""

    sentence = "The archive of the release holds what it must not. Make it again."


class NotFittingYetError(NotYetError):
    """Weights of another software than the one that runs, or a machine too busy to install."""

    sentence = "The release cannot be installed at present. Try again later."


class FrozenForExamError(NotYetError):
    """From 48 hours before an exam to its end nothing is fetched or activated."""

    sentence = "An exam is near. Nothing changes from 48 hours before it until its end."


class ExamsUnknownError(NotYetError):
    """Without a valid trust list nobody knows whether an exam is near."""

    sentence = "This box has no valid trust list, so it cannot know of exams. Bring a new trust list first."


ATTACKS: Final[tuple[tuple[type[Exception], type[UpdateRefusedError]], ...]] = (
    (BadVersionNumberError, RolledBackError),
    (ExpiredMetadataError, OutOfDateError),
    (UnsignedMetadataError, NotSignedError),
    (LengthOrHashMismatchError, MixedUpError),
    (RepositoryError, BrokenListError),
    (DownloadLengthMismatchError, EndlessFileError),
    (SlowRetrievalError, TooSlowError),
    (DownloadError, NotThereError),
)
"""What the TUF library raises while it reads the list, and what we say; the first that fits counts."""


def named(error: Exception) -> UpdateRefusedError:
    """Our error for one of the TUF library."""
    return next(ours for theirs, ours in ATTACKS if isinstance(error, theirs))()
