"""The keeper's status and the last check as a small table for a terminal.

Not here: the file for programs (`keeper_files`).
"""

from datetime import datetime

import msgspec

from models.clock import SCHOOL_ZONE
from models.errors import StorageError
from provisioning.brokers.keeper_files import KeeperStatus
from provisioning.brokers.revocation_list import ListHealth
from provisioning.brokers.rights_word import RightsWord

_HEALTH = {
    ListHealth.GOOD: "còn hạn · good",
    ListHealth.ENDS_SOON: "! sắp hết hạn · ends soon",
    ListHealth.ENDED: "! ĐÃ HẾT HẠN · ENDED",
    ListHealth.MISSING: "! chưa có · missing",
}


def status_table(told: str, check: RightsWord) -> str:
    """`told` is the keeper's status file; a value that begins with `!` needs somebody. Raises StorageError."""
    try:
        status = msgspec.json.decode(told, type=KeeperStatus)
    except msgspec.DecodeError as error:
        raise StorageError(f"The keeper's status cannot be read ({error}). Start the keeper again.") from None
    mark = "! " if check.wrong else ""
    rights = f"{mark}{_day(check.checked_at)}, {check.tries} phép thử · trials, {check.wrong} sai · wrong"
    rows = [
        ("lúc · at", _day(status.at)),
        ("danh sách thu hồi · revocation list", f"{status.number or '—'}, {_HEALTH[status.health]}"),
        ("hết hạn · ends", _day(status.next_update)),
        ("nơi cấp trả lời lúc · authority heard at", _day(status.authority_heard_at)),
        ("chứng thư broker đến · broker's certificate until", _day(status.served_good_until)),
        ("máy đã cắt · boxes cut off", str(status.kicked)),
        *((f"từ chối · refused: {reason}", str(count)) for reason, count in sorted(status.refused.items())),
        ("đòi nghe việc của máy khác · foreign filters", str(status.foreign_filters)),
        ("quyền đã thử · rights checked", "! chưa · never" if check.checked_at is None else rights),
        *((f"! {trouble}", sentence) for trouble, sentence in status.troubles.items()),
    ]
    width = max(len(name) for name, _ in rows)
    return "\n".join(f"{name.ljust(width)}  {value}" for name, value in rows)


def _day(instant: datetime | None) -> str:
    return "—" if instant is None else f"{instant.astimezone(SCHOOL_ZONE):%Y-%m-%d %H:%M}"
