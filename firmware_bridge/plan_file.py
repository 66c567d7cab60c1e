"""The room's plan as the box keeps it: read again when its file changes. Not here: what a plan says (`models`)."""

import logging
from pathlib import Path

from models.identifiers import BoxId
from models.room_plan import PlanError, RoomPlan, plan_from_file
from models.wire.central_keys import SignatureCheck

log = logging.getLogger(__name__)


class PlanFile:
    """`key` is central's; a plan that it did not sign is not followed and the one before stays."""

    def __init__(self, path: Path, key: SignatureCheck, box_id: BoxId) -> None:
        self._path = path
        self._key = key
        self._box_id = box_id
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
        try:
            plan = plan_from_file(content, self._key, self._box_id)
        except PlanError as error:
            log.error("%s", error)  # noqa: TRY400 - a sentence for IT, not a fault of the program
            return None
        log.info("The room's plan is now version %d with %d devices", plan.version, len(plan.devices))
        return plan
