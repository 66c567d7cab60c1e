"""Words for reaching devices and asking them something: kinds of connection, commands, what came of them.

English stands in `english.po`. Not here: kinds of devices (`place_words`), alerts and conditions (`principal_words`).
"""

from typing import Final

from central.registers.device_sightings import Sighted
from models.equipment_drivers import EQUIPMENT_DRIVERS
from models.room_messages import DeviceCommandName, DeviceOutcome
from models.room_plan import MqttDialect

HOWS: dict[str, str] = {
    "none": "không nối, chỉ có nhãn",
    "serial": "cổng nối tiếp (USB, RS-232, RS-485)",
    "lan": "mạng của trường",
    "mqtt": "tự nói qua máy chuyển tin của phòng",
    "cart": "đọc trong tủ sạc (USB)",
}

DIALECTS: dict[MqttDialect, str] = {
    MqttDialect.OWN: "theo quy ước của hệ thống",
    MqttDialect.FREEKIOSK: "FreeKiosk",
    MqttDialect.HOME_ASSISTANT: "Home Assistant (Tasmota, ESPHome, Zigbee2MQTT)",
}

DEVICE_COMMANDS: dict[DeviceCommandName, str] = {
    DeviceCommandName.POWER_ON: "Bật máy",
    DeviceCommandName.POWER_OFF: "Tắt máy",
    DeviceCommandName.SELECT_SOURCE: "Chọn đầu vào",
    DeviceCommandName.SET_VOLUME: "Đặt âm lượng",
    DeviceCommandName.MUTE: "Tắt tiếng",
    DeviceCommandName.UNMUTE: "Mở tiếng",
    DeviceCommandName.BLANK: "Che hình",
    DeviceCommandName.UNBLANK: "Hiện hình",
    DeviceCommandName.SCREEN_OFF: "Tắt màn hình",
    DeviceCommandName.SCREEN_ON: "Bật màn hình",
    DeviceCommandName.SWITCH_ON: "Bật điện",
    DeviceCommandName.SWITCH_OFF: "Tắt điện",
    DeviceCommandName.SET_PERIOD: "Đặt nhịp đo",
    DeviceCommandName.TELL_READINGS: "Xem số đo tức thời",
}

DEVICE_OUTCOMES: dict[str, str] = {
    "waiting": "Chờ thiết bị trả lời",
    "unanswered": "Không có trả lời",
    DeviceOutcome.DONE.value: "Đã làm",
    DeviceOutcome.SENT.value: "Đã gửi, thiết bị không báo lại",
    DeviceOutcome.REFUSED.value: "Bị từ chối",
    DeviceOutcome.FAILED.value: "Không làm được",
    DeviceOutcome.EXPIRED.value: "Đến quá muộn",
}

SENTENCES: dict[str, str] = {
    "The room's plan does not know this device.": "Máy phòng chưa biết thiết bị này; xem kết nối của nó.",
    "The room's plan does not allow this command for the device.": "Chưa được phép gửi lệnh này; đánh dấu ở kết nối.",
    "An exam runs in this room; nothing is asked of its devices.": "Phòng đang có thi, không lệnh nào được gửi.",
    "The device cannot be asked this.": "Thiết bị không biết lệnh này.",
    "The device's state shows it.": "Trạng thái của thiết bị cho thấy đã làm.",
    "It was sent; the device's state does not show it yet.": "Đã gửi; trạng thái của thiết bị chưa cho thấy.",
    "Its readings are told for the minutes that were asked.": (
        "Máy phòng gửi số đo trong số phút đã yêu cầu, rồi tự dừng."
    ),
    "The device has measured nothing for five minutes.": "Năm phút qua thiết bị không đo gì.",
    "The readings of five devices are told now; wait for one to end.": (
        "Đang xem số đo của năm thiết bị; chờ một thiết bị xong."
    ),
    "Ask for 1 to 60 minutes of readings.": "Chỉ yêu cầu được từ 1 đến 60 phút.",
}
"""What boxes say of a command, by their sentence; others are shown in English."""

SIGHTED: dict[Sighted, str] = {
    Sighted.SEEN: "Đã thấy",
    Sighted.AGAIN: "Đã quét rồi",
    Sighted.FOREIGN: "Của phòng khác",
    Sighted.UNKNOWN: "Không có mã này trong sổ",
}

WEEKDAYS: dict[str, str] = {
    "0": "Thứ Hai",
    "1": "Thứ Ba",
    "2": "Thứ Tư",
    "3": "Thứ Năm",
    "4": "Thứ Sáu",
    "5": "Thứ Bảy",
    "6": "Chủ Nhật",
}

TABLES: Final[dict[str, dict[str, str]]] = {
    "device sentence": SENTENCES,
    "how": HOWS,
    "dialect": {one.value: word for one, word in DIALECTS.items()},
    "driver": {name: one.title for name, one in EQUIPMENT_DRIVERS.items()},
    "device command": {one.value: word for one, word in DEVICE_COMMANDS.items()},
    "device outcome": DEVICE_OUTCOMES,
    "weekday": WEEKDAYS,
    "sighted": {one.value: word for one, word in SIGHTED.items()},
}
