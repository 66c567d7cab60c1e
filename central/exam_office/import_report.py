"""What the exam office reads about an import: the preview before, the result after, and the door codes, once.

Vietnamese first. No citizen number stands in any of these texts.
"""

import csv
import io
from collections import Counter

from central.exam_office.roster_import import ImportResult
from central.exam_office.roster_plan import Difference, RosterPlan
from central.registers.roster_register import Sitting
from models.clock import SCHOOL_ZONE

_SHOWN_ROWS = 5


def preview(plan: RosterPlan, sitting: Sitting, difference: Difference) -> str:
    """The plan in words: sitting, rules, rooms with counts, first rows, warnings, difference to what is stored."""
    starts, ends = (at.astimezone(SCHOOL_ZONE) for at in (sitting.starts_at, sitting.ends_at))
    seats = Counter(row.room_id for row in plan.rows)
    lines = [
        f"{sitting.exam_name} · {sitting.session_name} · {starts:%d/%m/%Y %H:%M}-{ends:%H:%M}",
        f"Quy chế (rules): {sitting.profile.title} [{sitting.profile.name}]",
        f"Thí sinh: {len(plan.rows)}, phòng: {len(plan.rooms)}  (candidates, rooms)",
        *(f"  {name} [{room_id}]: {seats[room_id]}" for room_id, name in plan.rooms.items()),
    ]
    for row in plan.rows[:_SHOWN_ROWS]:
        one = row.candidate
        lines.append(
            f"  {one.candidate_number}  {one.full_name}  {one.birth_date:%d/%m/%Y}  {row.room_name}/{one.seat}"
        )
    if len(plan.rows) > _SHOWN_ROWS:
        lines.append(f"  ... và {len(plan.rows) - _SHOWN_ROWS} dòng nữa  (more rows)")
    warnings = Counter(warning for row in plan.rows for warning in row.warnings)
    lines += [f"  Lưu ý ({count} dòng): {warning}" for warning, count in warnings.most_common()]
    lines += [f"  Lưu ý: {note}" for note in plan.notes]
    lines.append(
        f"So với dữ liệu đang có: thêm {difference.added}, đổi {difference.changed}, bỏ {difference.removed}, "
        f"giữ nguyên {difference.unchanged}  (added, changed, removed, unchanged)"
    )
    return "\n".join(lines)


def outcome(result: ImportResult) -> str:
    """What was stored, and the new door codes."""
    lines = ["Đã lưu.  (Stored.)"]
    for stored in result.rooms:
        room = stored.room
        lines.append(f"  {room.room_name} [{room.room_id}]: {stored.candidates}, phiên bản (version) {room.version}")
    photos = result.photos
    lines.append(f"Ảnh: {photos.matched} khớp, {photos.unknown} không của ai, {photos.unreadable} hỏng  (photos)")
    fresh = [stored for stored in result.rooms if stored.door_code]
    if fresh:
        lines += ["", "MÃ PHÒNG, chỉ hiện một lần, giao cho CBCT  (door codes, shown once)"]
        lines += [f"  {stored.room.room_name:<20} {stored.door_code}" for stored in fresh]
    return "\n".join(lines)


def door_codes_csv(result: ImportResult) -> bytes:
    """The new door codes for a printing program: session_id, room_id, room_name, door_code; UTF-8."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(["session_id", "room_id", "room_name", "door_code"])
    for stored in result.rooms:
        if stored.door_code:
            writer.writerow([stored.room.session_id, stored.room.room_id, stored.room.room_name, stored.door_code])
    return text.getvalue().encode()
