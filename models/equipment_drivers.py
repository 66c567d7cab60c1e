"""The names of the bridge's drivers as IT staff choose them: a title, and over what each speaks.

Not here: the drivers (`firmware_bridge.drivers.catalogue`); a test holds both lists together.
"""

from typing import Final

import msgspec


class EquipmentDriver(msgspec.Struct, frozen=True, kw_only=True):
    """One protocol family; `title` is Vietnamese.

    `usual_baud` 0: no serial form; `usual_port` 0: no form over the network.
    """

    title: str
    usual_baud: int = 0
    usual_port: int = 0


EQUIPMENT_DRIVERS: Final[dict[str, EquipmentDriver]] = {
    "link-v1": EquipmentDriver(title="Bo cảm biến theo giao thức của hệ thống", usual_baud=115200),
    "text-lines": EquipmentDriver(title="Bo cảm biến in từng dòng chữ (JSON, tên:giá trị, CSV)", usual_baud=115200),
    "modbus": EquipmentDriver(title="Cảm biến Modbus RTU", usual_baud=9600),
    "firmata": EquipmentDriver(title="Bo mạch Firmata (Arduino)", usual_baud=57600),
    "pjlink": EquipmentDriver(title="Máy chiếu, màn hình PJLink", usual_port=4352),
    "mdc": EquipmentDriver(title="Màn hình Samsung (MDC)", usual_baud=9600, usual_port=1515),
    "lg": EquipmentDriver(title="Màn hình LG", usual_baud=9600, usual_port=9761),
    "nec": EquipmentDriver(title="Màn hình NEC, Sharp", usual_baud=9600, usual_port=7142),
    "benq-board": EquipmentDriver(title="Bảng tương tác BenQ", usual_baud=9600, usual_port=4660),
    "viewsonic": EquipmentDriver(title="Bảng tương tác ViewSonic ViewBoard", usual_baud=9600, usual_port=5000),
    "benq-projector": EquipmentDriver(title="Máy chiếu BenQ", usual_baud=9600, usual_port=8000),
    "oem-aabbcc": EquipmentDriver(title="Bảng OEM (khung AA BB CC): Clevertouch, iiyama TE...", usual_baud=9600),
    "sicp": EquipmentDriver(title="Màn hình Philips (SICP)", usual_baud=9600, usual_port=5000),
    "maxhub": EquipmentDriver(title="Bảng MAXHUB V6 (chưa kiểm chứng)", usual_baud=9600, usual_port=4664),
    "hisense": EquipmentDriver(title="Màn hình Hisense (chưa kiểm chứng)", usual_baud=9600, usual_port=8088),
    "nec-projector": EquipmentDriver(title="Máy chiếu NEC", usual_baud=38400, usual_port=7142),
    "viewsonic-projector": EquipmentDriver(title="Máy chiếu ViewSonic", usual_baud=19200, usual_port=4661),
}
