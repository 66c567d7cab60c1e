"""Words for what principals look at: readiness of rooms, condition of devices, alerts, metrics.

English stands in `english.po`. Not here: kinds of devices (`place_words`), boxes (`box_words`).
"""

from typing import Final

from models.room_readiness import DeviceCondition, RoomReadiness
from models.telemetry import AlertKind

READINESS: dict[RoomReadiness, str] = {
    RoomReadiness.READY: "Sẵn sàng",
    RoomReadiness.NOT_READY: "Chưa sẵn sàng",
    RoomReadiness.UNKNOWN: "Không rõ",
}

CONDITIONS: dict[DeviceCondition, str] = {
    DeviceCondition.NOT_REPORTING: "không có tin",
    DeviceCondition.UNREACHABLE: "không liên lạc được",
    DeviceCondition.FAULT: "báo lỗi",
    DeviceCondition.HOT: "quá nóng",
    DeviceCondition.LOW_BATTERY: "pin yếu",
    DeviceCondition.TAKEN_OUT: "đang ở ngoài tủ",
    DeviceCondition.NOT_CONNECTED: "chưa nối",
    DeviceCondition.READY: "tốt",
}

ALERTS: dict[AlertKind, str] = {
    AlertKind.SILENT: "im lặng",
    AlertKind.UNREACHABLE: "không liên lạc được",
    AlertKind.HOT: "quá nóng",
    AlertKind.FAULT: "báo lỗi",
    AlertKind.LAMP_HOURS: "bóng đèn quá giờ",
    AlertKind.BATTERY_LOW: "pin yếu",
    AlertKind.DOOR_OPEN: "cửa mở",
    AlertKind.BOARD_RESET: "bo mạch tự khởi động lại",
    AlertKind.ROWS_LOST: "mất số liệu",
}

NEXT_STEPS: dict[AlertKind, str] = {
    AlertKind.SILENT: "Xem thiết bị có điện, có mạng; rồi xem máy phòng.",
    AlertKind.UNREACHABLE: "Xem cáp nguồn, cáp tín hiệu và mạng của thiết bị.",
    AlertKind.HOT: "Tắt máy cho nguội, lau lưới lọc, dọn chỗ thoát khí.",
    AlertKind.FAULT: "Xem đèn báo và màn hình của máy; chưa hết thì gọi thợ.",
    AlertKind.LAMP_HOURS: "Gọi thợ thay bóng.",
    AlertKind.BATTERY_LOW: "Cắm sạc; không lên thì đổi dây hoặc bộ sạc.",
    AlertKind.DOOR_OPEN: "Gọi bảo vệ đến xem và đóng cửa.",
    AlertKind.BOARD_RESET: "Xem bộ nguồn của bo; còn lặp lại thì đổi bo.",
    AlertKind.ROWS_LOST: "Máy phòng đầy hoặc mất mạng lâu: xem mạng và thẻ nhớ của nó.",
}

CONDITION_STEPS: dict[DeviceCondition, str] = {
    DeviceCondition.NOT_REPORTING: "Xem thiết bị có điện, có mạng; rồi xem máy phòng.",
    DeviceCondition.UNREACHABLE: "Xem cáp nguồn, cáp tín hiệu và mạng của thiết bị.",
    DeviceCondition.FAULT: "Xem đèn báo và màn hình của máy; chưa hết thì gọi thợ.",
    DeviceCondition.HOT: "Tắt máy cho nguội, lau lưới lọc, dọn chỗ thoát khí.",
    DeviceCondition.LOW_BATTERY: "Cắm sạc; không lên thì đổi dây hoặc bộ sạc.",
    DeviceCondition.TAKEN_OUT: "Tìm người đang mượn trong sổ mượn trả.",
    DeviceCondition.NOT_CONNECTED: "Ghi cách nối trong hồ sơ của thiết bị, mục Kết nối.",
}

FAULTS: dict[str, str] = {
    "fan": "quạt",
    "lamp": "bóng đèn",
    "temperature": "nhiệt độ",
    "cover": "nắp",
    "filter": "lưới lọc",
    "signal": "không có tín hiệu hình",
    "implausible": "số đo không đáng tin",
    "battery": "pin hỏng",
    "other": "lỗi khác",
}
"""Another device's own words are shown as they come."""

METRICS: dict[str, str] = {
    "battery": "Pin",
    "temperature": "Nhiệt độ phòng",
    "device_temperature": "Nhiệt độ máy",
    "humidity": "Độ ẩm",
    "light": "Ánh sáng",
    "co2": "Khí CO₂",
    "pm2_5": "Bụi mịn PM2,5",
    "pressure": "Áp suất",
    "sound": "Tiếng ồn",
    "ph": "Độ pH",
    "ec": "Độ dẫn điện",
    "moisture": "Độ ẩm đất",
    "water_level": "Mực nước",
    "voltage": "Điện áp",
    "electric_power": "Công suất điện",
    "energy": "Điện năng",
    "hours": "Số giờ chạy",
    "lamp_hours": "Số giờ bóng đèn",
    "filter_hours": "Số giờ chạy của lưới lọc",
    "volume": "Âm lượng",
    "mute": "Tắt tiếng",
    "freeze": "Dừng hình",
    "charging": "Đang sạc",
    "storage_free_megabytes": "Bộ nhớ còn trống",
    "signal": "Sóng Wi-Fi",
    "screen": "Màn hình",
    "worn": "Đang đeo",
    "present": "Có mặt",
    "on_network": "Có trên mạng",
    "kiosk": "Chế độ khóa màn hình",
    "foreground_app": "Ứng dụng đang mở",
    "door": "Cửa",
    "motion": "Có người đi lại",
    "reset_cause": "Lý do bo mạch khởi động lại",
    "lost_frames": "Số khung tin bị mất",
    "power": "Nguồn",
    "source": "Đầu vào",
}

VALUES: dict[str, str] = {
    "on": "bật",
    "off": "tắt",
    "standby": "chờ",
    "warming": "đang khởi động",
    "cooling": "đang làm nguội",
    "unknown": "không rõ",
    "True": "có",
    "False": "không",
}

COSTS: dict[str, str] = {
    "purchase": "mua",
    "repair": "sửa chữa",
    "upkeep": "vật tư, bảo trì",
    "correction": "ghi lại cho đúng (số âm)",
}

SPANS: dict[str, str] = {
    "lesson": "1 giờ",
    "day": "24 giờ",
    "week": "7 ngày",
    "term": "Học kỳ",
}

LENGTHS: dict[str, str] = {
    "week": "7 ngày",
    "month": "Tháng này",
    "term": "Học kỳ",
}

UNITS: Final[dict[str, str]] = {
    "Cel": "°C",
    "%RH": "%",
    "%EL": "%",
    "ug/m3": "µg/m³",
    "uS/cm": "µS/cm",
    "": "",
}
"""How a unit of SENML is written; every other is written as it is."""

TABLES: Final[dict[str, dict[str, str]]] = {
    "readiness": {state.value: word for state, word in READINESS.items()},
    "condition": {condition.value: word for condition, word in CONDITIONS.items()},
    "alert": {kind.value: word for kind, word in ALERTS.items()},
    "next step": {kind.value: word for kind, word in NEXT_STEPS.items()},
    "condition step": {condition.value: word for condition, word in CONDITION_STEPS.items()},
    "fault": FAULTS,
    "metric": METRICS,
    "span": SPANS,
    "cost": COSTS,
    "length": LENGTHS,
    "value": VALUES,
}
