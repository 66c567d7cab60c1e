"""Words for places and devices: kinds, states, what a record lacks, and what was done to a device, in Vietnamese.

English stands in `english.po`. Not here: the words of the exam day (`words`).
"""

from models.equipment import DeviceState, EquipmentKind

EQUIPMENT: dict[EquipmentKind, str] = {
    EquipmentKind.INTERACTIVE_BOARD: "Bảng tương tác",
    EquipmentKind.PROJECTOR: "Máy chiếu",
    EquipmentKind.OPS_COMPUTER: "Máy tính OPS",
    EquipmentKind.TABLET: "Máy tính bảng",
    EquipmentKind.VR_HEADSET: "Kính thực tế ảo",
    EquipmentKind.AR_DEVICE: "Thiết bị thực tế tăng cường",
    EquipmentKind.GLASSES_3D: "Kính 3D",
    EquipmentKind.LAPTOP: "Máy tính xách tay",
    EquipmentKind.SENSOR_BOARD: "Bo cảm biến",
    EquipmentKind.ROBOT_KIT: "Bộ rô-bốt",
    EquipmentKind.GROWING_KIT: "Bộ thủy canh",
    EquipmentKind.PRINTER_3D: "Máy in 3D",
    EquipmentKind.CAMERA: "Máy quay",
    EquipmentKind.SOUND_SET: "Bộ âm thanh",
    EquipmentKind.OTHER: "Thiết bị khác",
}

DEVICE_STATES: dict[DeviceState, str] = {
    DeviceState.IN_USE: "Đang dùng",
    DeviceState.REPAIR: "Đang sửa",
    DeviceState.LOST: "Thất lạc",
    DeviceState.RETIRED: "Đã thanh lý",
}

ROOM_STATES: dict[str, str] = {
    "ready": "Sẵn sàng",
    "trouble": "Có trục trặc",
    "silent": "Im lặng",
    "never heard": "Chưa lên tiếng",
    "revoked": "Đã thu hồi",
    "none": "Chưa có máy",
}

FACTS: dict[str, str] = {
    "kind": "Loại",
    "maker": "Hãng",
    "model": "Kiểu máy",
    "serial": "Số sê-ri",
    "inventory_number": "Mã tài sản",
    "owner": "Chủ sở hữu",
    "place": "Vị trí",
    "bought_on": "Ngày mua",
    "warranty_until": "Bảo hành đến",
    "room_id": "Phòng",
    "state": "Tình trạng",
    "topic_name": "Tên trên máy chuyển tin",
}

DEEDS: dict[str, str] = {
    "added": "Thêm vào sổ",
    "changed": "Sửa",
    "moved": "Chuyển chỗ",
    "imported": "Nhập từ tệp",
    "password made": "Cấp mật khẩu",
    "new password": "Đổi mật khẩu",
} | {state.value: word for state, word in DEVICE_STATES.items()}

TABLES: dict[str, dict[str, str]] = {
    "equipment": {kind.value: word for kind, word in EQUIPMENT.items()},
    "device state": {state.value: word for state, word in DEVICE_STATES.items()},
    "room state": ROOM_STATES,
    "fact": FACTS,
    "deed": DEEDS,
}
