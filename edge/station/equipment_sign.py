"""What the proctor's page says of the room's equipment: ready, or what is missing, and when that was true.

It never moves while somebody is checked in. Not here: judging (`models.room_readiness`), who hears the devices
(`edge.equipment_watch`).
"""

from collections.abc import Callable
from datetime import datetime
from typing import Final

import msgspec

from edge.exam_desk.announcements import Words
from edge.exam_desk.steps import Step
from models.clock import SCHOOL_ZONE, Clock
from models.equipment import EquipmentKind
from models.room_readiness import DeviceCondition, Hindrance, RoomJudgement, RoomReadiness

AT_REST: Final = frozenset({Step.CLOSED, Step.WAITING})
"""Nobody stands at the desk."""

SHOWN_MS: Final = 60_000
"""So long after a verdict came nobody looks at it any more; it stays on the screen until the next tap."""

KINDS: Final[dict[EquipmentKind, Words]] = {
    EquipmentKind.INTERACTIVE_BOARD: Words("bảng tương tác", "interactive board"),
    EquipmentKind.PROJECTOR: Words("máy chiếu", "projector"),
    EquipmentKind.OPS_COMPUTER: Words("máy tính OPS", "OPS computer"),
    EquipmentKind.TABLET: Words("máy tính bảng", "tablet"),
    EquipmentKind.VR_HEADSET: Words("kính thực tế ảo", "VR headset"),
    EquipmentKind.AR_DEVICE: Words("thiết bị thực tế tăng cường", "AR device"),
    EquipmentKind.LAPTOP: Words("máy tính xách tay", "laptop"),
    EquipmentKind.SENSOR_BOARD: Words("bo cảm biến", "sensor board"),
    EquipmentKind.ROBOT_KIT: Words("bộ rô-bốt", "robot kit"),
    EquipmentKind.GROWING_KIT: Words("bộ thủy canh", "growing kit"),
    EquipmentKind.PRINTER_3D: Words("máy in 3D", "3D printer"),
    EquipmentKind.CAMERA: Words("máy quay", "camera"),
}
"""The kinds that can speak."""

CONDITIONS: Final[dict[DeviceCondition, Words]] = {
    DeviceCondition.NOT_REPORTING: Words("không có tin", "no word"),
    DeviceCondition.UNREACHABLE: Words("không liên lạc được", "cannot be reached"),
    DeviceCondition.FAULT: Words("báo lỗi", "reports a fault"),
    DeviceCondition.HOT: Words("quá nóng", "too hot"),
    DeviceCondition.LOW_BATTERY: Words("pin yếu", "battery low"),
}
"""What can stand in a room's way."""

READINESS: Final[dict[RoomReadiness, Words]] = {
    RoomReadiness.READY: Words("Phòng sẵn sàng", "Room ready"),
    RoomReadiness.NOT_READY: Words("Phòng chưa sẵn sàng", "Room not ready"),
    RoomReadiness.UNKNOWN: Words("Chưa rõ thiết bị của phòng", "The room's equipment is not known"),
}


class EquipmentLine(msgspec.Struct, frozen=True, kw_only=True):
    """One line for the page."""

    is_ready: bool
    words: Words


class EquipmentSign:
    """`judgement` says how the room stands now, None while nothing can be said. `line` may be called by any thread."""

    def __init__(self, judgement: Callable[[], RoomJudgement | None], clock: Clock) -> None:
        self._judgement = judgement
        self._clock = clock
        self._shown: EquipmentLine | None = None
        self._step = Step.CLOSED
        self._since_ms = 0

    def line(self, step: Step) -> EquipmentLine | None:
        """What is shown at this step of the desk; during a check-in what was shown before it."""
        now_ms = self._clock.monotonic_ms()
        if step is not self._step:
            self._step, self._since_ms = step, now_ms
        if step in AT_REST or (step is Step.SHOWN and now_ms - self._since_ms >= SHOWN_MS):
            judgement = self._judgement()
            self._shown = None if judgement is None else line_of(judgement, self._clock.now())
        return self._shown


def line_of(judgement: RoomJudgement, now: datetime) -> EquipmentLine:
    """The judgement in words; `now` (UTC) decides whether an instant needs its day."""
    is_ready = judgement.readiness is RoomReadiness.READY
    missing = [] if is_ready else [_missing(one) for one in judgement.hindrances]
    said, at = READINESS[judgement.readiness], _true_at(judgement.at, now)
    vietnamese = _joined(said.vi, [one.vi for one in missing], at.vi)
    english = _joined(said.en, [one.en for one in missing], at.en)
    return EquipmentLine(is_ready=is_ready, words=Words(vietnamese, english))


def _joined(said: str, missing: list[str], at: str) -> str:
    """The instant stands before the list, which may be too long for the line."""
    return f"{said}{at}{': ' if missing else ''}{'; '.join(missing)}"


def _missing(hindrance: Hindrance) -> Words:
    count, kind, condition = len(hindrance.devices), KINDS[hindrance.kind], CONDITIONS[hindrance.condition]
    return Words(f"{count} {kind.vi} {condition.vi}", f"{count} {kind.en}, {condition.en}")


def _true_at(at: datetime, now: datetime) -> Words:
    there, today = at.astimezone(SCHOOL_ZONE), now.astimezone(SCHOOL_ZONE)
    said = f"{there:%H:%M}" if there.date() == today.date() else f"{there:%H:%M %d/%m}"
    return Words(f" lúc {said}", f" at {said}")
