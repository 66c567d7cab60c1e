"""The room's plan at the box: the newest that central signed for it, in one file that bridge and caretaker read too.

Not here: what a plan says (`models.room_plan`), following it (`equipment_watch`).
"""

import logging
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Final

import msgspec

from models.durable_files import DurableFileError, write_whole
from models.identifiers import BoxId
from models.room_plan import (
    PlanError,
    PlanRefusal,
    RoomPlan,
    SignedPlan,
    followed_version,
    open_plan,
    plan_from_file,
    remember_version,
)
from models.wire.central_keys import SignatureCheck

_log = logging.getLogger(__name__)

MODE: Final = 0o640


class RoomPlanKeeper:
    """Keeps the plan in `path`, and beside it (`.version`) the highest version that it ever had.

    `take` is called by one thread; what it holds may be read from any.
    """

    def __init__(self, path: Path, central_key: SignatureCheck, box_id: BoxId) -> None:
        self._path = path
        self._mark = path.with_suffix(".version")
        self._central_key = central_key
        self._box_id = box_id
        self._lock = threading.Lock()
        self._plan: RoomPlan | None = None
        self._body = b""
        self._listeners: list[Callable[[RoomPlan], None]] = []

    def start(self) -> None:
        """Reads the file. One that is missing or cannot be believed is as none: central sends the plan again."""
        try:
            content = self._path.read_bytes()
            plan = plan_from_file(content, self._central_key, self._box_id, self._highest())
        except FileNotFoundError:
            return
        except (OSError, PlanError) as error:
            _log.warning("The room's plan is not followed: %s", error)
            return
        self._remember(plan)
        with self._lock:
            self._plan, self._body = plan, msgspec.json.decode(content, type=SignedPlan).body

    def when_changed(self, listener: Callable[[RoomPlan], None]) -> None:
        """Calls `listener` with every plan that replaces another, on the thread that took it."""
        self._listeners.append(listener)

    @property
    def plan(self) -> RoomPlan | None:
        """The plan to follow, None when there is none yet."""
        with self._lock:
            return self._plan

    @property
    def version(self) -> int | None:
        """What hello says of it."""
        plan = self.plan
        return None if plan is None else plan.version

    def take(self, signed: SignedPlan) -> RoomPlan | PlanRefusal:
        """Keeps a plan, on the card, or says why not. Raises DurableFileError; then the former one stands."""
        opened = open_plan(signed, self._central_key, self._box_id, self._highest())
        if isinstance(opened, PlanRefusal):
            _log.warning("A plan of the room was refused: %s", opened)
            return opened
        if signed.body == self._body:
            return opened
        write_whole(self._path, msgspec.json.encode(signed), MODE)
        self._remember(opened)
        with self._lock:
            self._plan, self._body = opened, signed.body
        _log.info("The room's plan is now version %d with %d devices", opened.version, len(opened.devices))
        for listener in self._listeners:
            listener(opened)
        return opened

    def _highest(self) -> int | None:
        known = [
            version for version in (self.version, followed_version(self._mark, self._box_id)) if version is not None
        ]
        return max(known, default=None)

    def _remember(self, plan: RoomPlan) -> None:
        try:
            remember_version(self._mark, self._box_id, plan.version)
        except DurableFileError as error:
            _log.warning("The version of the room's plan is not remembered: %s", error)
