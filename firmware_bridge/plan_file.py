"""The room's plan as the box keeps it: read again when its file changes. Not here: what a plan says (`models`)."""

import logging
from pathlib import Path

from models.durable_files import DurableFileError
from models.identifiers import BoxId
from models.room_plan import PlanError, RoomPlan, followed_version, plan_from_file, remember_version
from models.wire.central_keys import SignatureCheck

log = logging.getLogger(__name__)


class PlanFile:
    """`key` is central's; a plan that it did not sign is not followed and the one before stays.

    Nor is one that is older than the highest version that the file `mark` remembers (None: nothing is remembered).
    """

    def __init__(self, path: Path, key: SignatureCheck, box_id: BoxId, mark: Path | None = None) -> None:
        self._path = path
        self._key = key
        self._box_id = box_id
        self._mark = mark
        self._seen: tuple[int, int, int] | None = None

    def changed(self) -> RoomPlan | None:
        """The plan when there is another one than at the last call, else None."""
        try:
            found = self._path.stat()
            seen = (found.st_mtime_ns, found.st_ino, found.st_size)
            if seen == self._seen:
                return None
            content = self._path.read_bytes()
        except OSError:
            return None
        self._seen = seen
        held = followed_version(self._mark, self._box_id) if self._mark is not None else None
        try:
            plan = plan_from_file(content, self._key, self._box_id, held)
        except PlanError as error:
            log.error("%s", error)  # noqa: TRY400 - a sentence for IT, not a fault of the program
            return None
        self._remember(plan)
        log.info("The room's plan is now version %d with %d devices", plan.version, len(plan.devices))
        return plan

    def _remember(self, plan: RoomPlan) -> None:
        if self._mark is None:
            return
        try:
            remember_version(self._mark, self._box_id, plan.version)
        except DurableFileError as error:
            log.warning("The version of the room's plan is not remembered: %s", error)
