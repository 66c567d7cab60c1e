"""Tables that principals take away: what stands in them is decided here, how they look as PDF and XLSX next door.

Vietnamese, as the offices that get them read it. Not here: the figures themselves (`utilisation`, `heat_map`).
"""

from collections import Counter
from datetime import datetime
from typing import Final

import msgspec

from central.measuring.views import StoredAlert
from central.pages.place_words import EQUIPMENT
from central.pages.principal_words import ALERTS
from central.principal.heat_map import HeatMap
from central.principal.utilisation import Utilisation
from models.clock import SCHOOL_ZONE
from models.telemetry import AlertKind

Cell = str | int | float
TARGETS: Final = "mục tiêu 80 % và 100 %"


class ReportTable(msgspec.Struct, frozen=True, kw_only=True):
    """One table; `note` says how its figures were counted and when they were true."""

    title: str
    header: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    note: str


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """A whole report; `lines` stand under its title."""

    title: str
    lines: tuple[str, ...]
    tables: tuple[ReportTable, ...]


def month_report(use: Utilisation, heat: HeatMap, begun: list[StoredAlert]) -> Report:
    """The month of one school: utilisation, rooms, digital record, faults and alerts."""
    period = use.period
    whole = f"{period.first:%d/%m/%Y} – {period.last:%d/%m/%Y}"
    until = f"Số liệu sử dụng đúng đến {said(use.newest_word_at)}."
    return Report(
        title=f"Báo cáo thiết bị tháng {period.first:%m/%Y}",
        lines=(heat.school.school_name, whole, f"Lập lúc {said(use.as_of)}. {until}"),
        tables=(_kinds(use, until), _rooms(heat, until), _record(use), _alerts(begun, use.as_of)),
    )


def said(instant: datetime | None) -> str:
    """07:42 ngày 11/06/2026."""
    return "chưa có tin" if instant is None else f"{instant.astimezone(SCHOOL_ZONE):%H:%M ngày %d/%m/%Y}"


def _kinds(use: Utilisation, until: str) -> ReportTable:
    return ReportTable(
        title="Khai thác theo loại thiết bị",
        header=("Loại", "Trong sổ", "Đang dùng được", "Có báo tin", "Giờ dùng", "Giờ/ngày/máy dùng được",
                "Giờ/ngày/máy báo tin", "Lần báo lỗi"),
        rows=tuple(
            (EQUIPMENT[one.kind], one.held, one.working, one.synced, round(one.hours, 1), _per(one.hours_per_working),
             _per(one.hours_per_synced), one.faults)
            for one in use.kinds
        ),
        note=f"Chia cho {use.period.school_days} ngày học. Có báo tin: ngày nhiều nhất mỗi phòng, cộng lại. {until}",
    )  # fmt: skip


def _rooms(heat: HeatMap, until: str) -> ReportTable:
    return ReportTable(
        title="Giờ dùng theo phòng",
        header=("Mã phòng", "Phòng", "Giờ dùng", "Giờ đông nhất", "Phút/ngày của giờ ấy"),
        rows=tuple(
            (
                row.room.room_id,
                row.room.room_name,
                round(row.minutes / 60, 1),
                f"{row.busiest.hour}–{row.busiest.hour + 1}" if row.busiest else "—",
                row.busiest.average if row.busiest else 0,
            )
            for row in heat.rows
        ),
        note=f"Giờ dùng: những phút có ít nhất một thiết bị của phòng được dùng. {until}",
    )


def _record(use: Utilisation) -> ReportTable:
    record = use.record
    percent = "—" if record.percent is None else f"{record.percent} %"
    return ReportTable(
        title=f"Hồ sơ số: {percent} ({TARGETS})",
        header=("Loại", "Cần có", "Trong sổ", "Đủ hồ sơ", "Tỷ lệ"),
        rows=tuple(
            (EQUIPMENT[one.kind], one.due, one.held, one.complete, "—" if one.percent is None else f"{one.percent} %")
            for one in record.kinds
        ),
        note=f"Đủ: số sê-ri hoặc mã tài sản, kiểu máy, chủ sở hữu, vị trí, bảo hành. Đúng lúc {said(use.as_of)}.",
    )


def _alerts(begun: list[StoredAlert], as_of: datetime) -> ReportTable:
    counts = Counter(one.kind for one in begun)
    lasting = Counter(one.kind for one in begun if one.ended_at is None)
    return ReportTable(
        title="Cảnh báo trong tháng",
        header=("Loại cảnh báo", "Số lần", "Chưa hết"),
        rows=tuple((ALERTS[kind].capitalize(), counts[kind], lasting[kind]) for kind in AlertKind if counts[kind]),
        note=f"Cảnh báo bắt đầu trong tháng. Đúng lúc {said(as_of)}.",
    )


def _per(hours: float | None) -> Cell:
    return "—" if hours is None else round(hours, 2)
