"""Words for room boxes: orders and what came of them, certificates, figures of the machine, event kinds.

English stands in `english.po`. Not here: the words of the exam day (`words`), of rooms and devices (`place_words`).
"""

from typing import Final

from models.messages import CommandOutcome
from models.wire.commands import CommandName
from models.wire.event_chain import EventKind

COMMANDS: dict[CommandName, str] = {
    CommandName.RESTART: "Khởi động lại",
    CommandName.IDENTIFY: "Nhận diện máy",
    CommandName.SUPPORT_BUNDLE: "Gói hỗ trợ",
    CommandName.DEVICE: "Lệnh cho một thiết bị",
}

COMMAND_HINTS: dict[CommandName, str] = {
    CommandName.RESTART: "Chương trình của máy dừng rồi chạy lại. Máy từ chối khi ca thi đang mở.",
    CommandName.IDENTIFY: "Màn hình phòng hiện tên máy thật to và kêu trong 20 giây.",
    CommandName.SUPPORT_BUNDLE: "Phiên bản, tình trạng, nhật ký máy; không có gì riêng tư.",
}

OUTCOMES: dict[str, str] = {
    "waiting": "Chờ máy trả lời",
    "unanswered": "Máy không trả lời",
    CommandOutcome.DONE.value: "Đã làm",
    CommandOutcome.SENT.value: "Đã gửi, chưa thấy thiết bị làm",
    CommandOutcome.REFUSED.value: "Máy từ chối",
    CommandOutcome.EXPIRED.value: "Đến quá muộn",
    CommandOutcome.FAILED.value: "Không làm được",
}

CERTIFICATES: dict[str, str] = {
    "fine": "còn lâu",
    "30 days": "còn dưới 30 ngày",
    "14 days": "còn dưới 14 ngày",
    "7 days": "còn dưới 7 ngày",
    "over": "đã hết hạn",
}

MEASURES: dict[str, str] = {
    "temperature": "Nhiệt độ",
    "load": "Tải",
    "disk": "Đĩa trống",
    "memory": "Bộ nhớ trống",
    "clock": "Lệch giờ",
}

EVENT_KINDS: dict[EventKind, str] = {
    EventKind.BOX_STARTED: "Máy khởi động",
    EventKind.SESSION_OPENED: "Mở ca thi",
    EventKind.ADMITTED: "Vào chỗ",
    EventKind.REFUSED: "Bị từ chối",
    EventKind.TURNED_AWAY: "Giám thị không cho vào",
    EventKind.LEFT_UNDECIDED: "Bỏ ngỏ, người sau đã đến",
    EventKind.READING_FAILED: "Không đọc được thẻ",
    EventKind.CLOCK_STEPPED: "Đồng hồ bị chỉnh",
    EventKind.READER_FAULT: "Lỗi đầu đọc",
    EventKind.CAMERA_FAULT: "Lỗi máy ảnh",
    EventKind.STORE_FAULT: "Lỗi lưu trữ",
    EventKind.DOOR_OPENED: "Mở nắp máy",
    EventKind.EPOCH_STARTED: "Chuỗi bắt đầu lại",
    EventKind.SEALED: "Niêm phong",
    EventKind.OVERRIDE: "Cho vào theo quyết định",
    EventKind.ANNULLED: "Hủy lượt vào",
    EventKind.COMMAND_CARRIED_OUT: "Lệnh từ trung tâm",
    EventKind.DELETED: "Xóa thông tin cá nhân",
}

TABLES: Final[dict[str, dict[str, str]]] = {
    "command": {str(code): word for code, word in COMMANDS.items()},
    "command hint": {str(code): word for code, word in COMMAND_HINTS.items()},
    "outcome": OUTCOMES,
    "certificate": CERTIFICATES,
    "measure": MEASURES,
    "event": {str(code): word for code, word in EVENT_KINDS.items()},
}
