"""The names of the bridge's drivers as IT staff choose them: a title, and over what each speaks.

Not here: the drivers (`firmware_bridge.drivers.catalogue`); a test holds both lists together.
"""

from typing import Final

import msgspec


class EquipmentDriver(msgspec.Struct, frozen=True, kw_only=True):
    """One protocol family; `title` is Vietnamese.

    `usual_baud` 0: no serial form; `usual_port` 0: no form over the network. `sources`: what may be selected of it, all
    models together; whether a device has one it says itself.
    """

    title: str
    usual_baud: int = 0
    usual_port: int = 0
    sources: tuple[str, ...] = ()


EQUIPMENT_DRIVERS: Final[dict[str, EquipmentDriver]] = {
    "link-v1": EquipmentDriver(title="Bo cảm biến theo giao thức của hệ thống", usual_baud=115200),
    "text-lines": EquipmentDriver(title="Bo cảm biến in từng dòng chữ (JSON, tên:giá trị, CSV)", usual_baud=115200),
    "modbus": EquipmentDriver(title="Cảm biến Modbus RTU", usual_baud=9600),
    "firmata": EquipmentDriver(title="Bo mạch Firmata (Arduino)", usual_baud=57600),
    "pjlink": EquipmentDriver(
        title="Máy chiếu, màn hình PJLink",
        usual_port=4352,
        sources=(
            "digital1",
            "digital2",
            "digital3",
            "digital4",
            "digital5",
            "digital6",
            "hdmi1",
            "hdmi2",
            "internal1",
            "network1",
            "network2",
            "rgb1",
            "rgb2",
            "rgb3",
            "storage1",
            "storage2",
            "video1",
            "video2",
        ),
    ),
    "mdc": EquipmentDriver(
        title="Màn hình Samsung (MDC)",
        usual_baud=9600,
        usual_port=1515,
        sources=("dp", "dp2", "dvi", "hdmi1", "hdmi2", "hdmi3", "ops", "pc"),
    ),
    "lg": EquipmentDriver(title="Màn hình LG", usual_baud=9600, usual_port=9761, sources=("hdmi1", "hdmi2", "rgb")),
    "nec": EquipmentDriver(
        title="Màn hình NEC, Sharp",
        usual_baud=9600,
        usual_port=7142,
        sources=("dp", "dp2", "dvi", "hdmi1", "hdmi2", "ops", "vga"),
    ),
    "benq-board": EquipmentDriver(title="Bảng tương tác BenQ", usual_baud=9600, usual_port=4660),
    "viewsonic": EquipmentDriver(
        title="Bảng tương tác ViewSonic ViewBoard",
        usual_baud=9600,
        usual_port=5000,
        sources=("android", "hdmi1", "hdmi2", "hdmi3", "ops"),
    ),
    "benq-projector": EquipmentDriver(
        title="Máy chiếu BenQ", usual_baud=9600, usual_port=8000, sources=("hdmi1", "hdmi2", "vga", "vga2", "video")
    ),
    "oem-aabbcc": EquipmentDriver(
        title="Bảng OEM (khung AA BB CC): Clevertouch, iiyama TE...", usual_baud=9600, sources=("hdmi1", "hdmi2", "ops")
    ),
    "sicp": EquipmentDriver(
        title="Màn hình Philips (SICP)",
        usual_baud=9600,
        usual_port=5000,
        sources=("dp", "dvi", "hdmi1", "hdmi2", "hdmi3", "ops", "vga"),
    ),
    "maxhub": EquipmentDriver(
        title="Bảng MAXHUB V6 (chưa kiểm chứng)", usual_baud=9600, usual_port=4664, sources=("hdmi1", "ops", "usb-c")
    ),
    "hisense": EquipmentDriver(
        title="Màn hình Hisense (chưa kiểm chứng)",
        usual_baud=9600,
        usual_port=8088,
        sources=("av", "hdmi1", "hdmi2", "hdmi3", "hdmi4", "tv", "vga"),
    ),
    "nec-projector": EquipmentDriver(
        title="Máy chiếu NEC", usual_baud=38400, usual_port=7142, sources=("dp", "hdmi1", "hdmi2", "vga", "video")
    ),
    "viewsonic-projector": EquipmentDriver(
        title="Máy chiếu ViewSonic", usual_baud=19200, usual_port=4661, sources=("hdmi1", "hdmi2", "vga")
    ),
}
