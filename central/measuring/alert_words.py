"""What is written to people about alerts: Vietnamese first, English second, no personal data.

Pure. One line for each cause: alerts of one kind in one room are one line, however many devices. Not here: when
something is written, and to whom (`alert_post`).
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

import msgspec

from models.clock import SCHOOL_ZONE
from models.telemetry import AlertKind

KINDS: Final[dict[AlertKind, tuple[str, str]]] = {
    AlertKind.SILENT: ("im lặng", "silent"),
    AlertKind.UNREACHABLE: ("không liên lạc được", "unreachable"),
    AlertKind.HOT: ("quá nóng", "too hot"),
    AlertKind.FAULT: ("báo lỗi", "reports a fault"),
    AlertKind.LAMP_HOURS: ("đèn sắp hết hạn", "lamp at the end of its life"),
    AlertKind.BATTERY_LOW: ("pin yếu", "battery low"),
    AlertKind.DOOR_OPEN: ("cửa mở", "door open"),
    AlertKind.BOARD_RESET: ("mạch tự khởi động lại", "board was reset"),
    AlertKind.ROWS_LOST: ("mất số liệu", "measurements were lost"),
}


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """One alert as far as people are told of it."""

    alert_id: str
    room_id: str
    device_id: str
    kind: str
    began_at: datetime
    ended_at: datetime | None
    acknowledged: bool
    sentence: str


class Names(msgspec.Struct, frozen=True, kw_only=True):
    """How people call rooms and devices, by code, and a school; `page` is the address of its alerts, if known."""

    school: str = ""
    rooms: Mapping[str, str] = {}
    devices: Mapping[str, str] = {}
    page: str = ""

    def room(self, room_id: str) -> str:
        """Its name with its code."""
        name = self.rooms.get(room_id, room_id)
        return name if name == room_id else f"{name} ({room_id})"

    def device(self, device_id: str) -> str:
        """Its maker, model and place with its number."""
        name = self.devices.get(device_id, device_id)
        return name if name == device_id else f"{name} ({device_id})"


class Written(msgspec.Struct, frozen=True, kw_only=True):
    """A letter's words; `lines` is how many of the school's quota it takes."""

    subject: str
    body: str
    lines: int


def causes_of(alerts: Sequence[Told]) -> list[list[Told]]:
    """The alerts grouped by room and kind, the oldest cause first."""
    groups: dict[tuple[str, str], list[Told]] = {}
    for one in sorted(alerts, key=lambda one: one.began_at):
        groups.setdefault((one.room_id, one.kind), []).append(one)
    return list(groups.values())


def write_alerts(names: Names, alerts: Sequence[Told], most_lines: int) -> Written:
    """What begins now. What goes beyond `most_lines` is one line that says how many more there are."""
    causes = causes_of(alerts)
    shown, rest = causes[:most_lines], causes[most_lines:]
    lines = [_line(one, names) for one in shown] + _more(rest)
    subject = f"[{names.school}] {len(alerts)} cảnh báo · alerts: {_subject_of(shown[0], names)}"
    return Written(subject=subject, body=_body(lines, names), lines=len(shown))


def write_digest(names: Names, begun: Sequence[Told], still_open: Sequence[Told], most_lines: int) -> Written:
    """The morning's letter: how many alerts the last day brought, and what lasts and nobody acknowledged."""
    over = sum(one.ended_at is not None for one in begun)
    day = f"Trong 24 giờ qua: {len(begun)} cảnh báo, {over} đã hết."
    lines = [f"{day} · In the last 24 hours: {len(begun)} alerts, {over} over.", ""]
    causes = causes_of(still_open)
    if causes:
        lines.append("Còn kéo dài, chưa ai xác nhận · still lasting, acknowledged by nobody:")
        lines += [_line(one, names) for one in causes[:most_lines]] + _more(causes[most_lines:])
    else:
        lines.append("Không còn cảnh báo nào chờ xác nhận. · Nothing waits to be acknowledged.")
    subject = f"[{names.school}] Tổng hợp buổi sáng · morning digest: {len(still_open)}"
    return Written(subject=subject, body=_body(lines, names), lines=0)


def _line(cause: Sequence[Told], names: Names) -> str:
    first = cause[0]
    since = first.began_at.astimezone(SCHOOL_ZONE).strftime("%H:%M %d/%m")
    vietnamese, english = _words(first.kind)
    if len(cause) == 1:
        said = f" ({first.sentence})" if first.sentence else ""
        place = f"{names.room(first.room_id)}, {names.device(first.device_id)}"
        return f"- {place}: {vietnamese}, từ {since} · {english} since {since}{said}"
    many, room = len(cause), names.room(first.room_id)
    return f"- {room}: {many} thiết bị {vietnamese}, từ {since} · {many} devices {english} since {since}"


def _more(rest: Sequence[Sequence[Told]]) -> list[str]:
    count = sum(map(len, rest))
    return [f"- và {count} cảnh báo khác · and {count} more"] if count else []


def _subject_of(cause: Sequence[Told], names: Names) -> str:
    return f"{names.room(cause[0].room_id)} {_words(cause[0].kind)[0]}"


def _words(kind: str) -> tuple[str, str]:
    return KINDS.get(AlertKind(kind), (kind, kind)) if kind in set(AlertKind) else (kind, kind)


def _body(lines: Sequence[str], names: Names) -> str:
    end = "Xác nhận trên trang cảnh báo thì không nhắc lại nữa. · What is acknowledged on the page is not repeated."
    return "\n".join([*lines, "", end, *filter(None, [names.page]), ""])
