"""Two schools with devices that have a past, and a principal who looks at them; for tests of the principal's pages."""

import httpx

from central.database import Database
from central.measuring import tables
from central.registers import device_register, place_register, room_plans
from central.registers.device_tables import DeviceFacts
from central.registers.place_register import School
from central.registers.room_plans import DeviceLink
from models.equipment import EquipmentKind
from models.room_plan import MqttLink
from models.staff import Role
from tests.builders.front_desk import Reception
from tests.builders.measured import MeasuredDevice, fill
from tests.builders.places import DEED, build_places


class MeasuredSchool:
    """The schools of `tests.builders.places`, and P with the rooms P101 and P102 in which the centre's sitting is."""

    def __init__(self, reception: Reception) -> None:
        self.reception = reception
        self.measurements: Database = reception.desk.measurements
        self._spoke: list[MeasuredDevice] = []
        at = reception.centre.clock.now()
        with reception.centre.database.writing() as connection:
            build_places(connection)
            place_register.add_or_change_school(
                connection, School(school_id="P", school_name="THPT Phan", commune="Sa Pa"), at
            )
            for room_id in ("P101", "P102"):
                place_register.add_or_change_room(
                    connection, room_id=room_id, school_id="P", room_name=f"Phòng {room_id}", is_smart=False, at=at
                )

    def device(
        self,
        room_id: str,
        kind: EquipmentKind,
        *,
        ever_spoke: bool = True,
        connected: bool = True,
        days: int = 1,
        used: tuple[int, ...] = (7, 8, 9),
        faults: tuple[str, ...] = (),
        values: dict[str, float | str | bool] | None = None,
        metrics: tuple[str, ...] = (),
    ) -> MeasuredDevice:
        """Enter a device, how it is reached, and (unless it never spoke) what it said until a minute ago."""
        facts = DeviceFacts(kind=kind, maker="Hãng", model=kind.value)
        with self.reception.centre.database.writing() as connection:
            name = device_register.add_devices(connection, room_id, [facts], scope=None, deed=DEED)[0]
            if connected:
                way = DeviceLink(link=MqttLink())
                room_plans.set_link(connection, name, way, scope=None, deed=DEED)
        device = MeasuredDevice(
            device_id=name,
            room_id=room_id,
            kind=kind,
            used=used,
            faults=faults,
            values=(values or {}) | dict.fromkeys(metrics, 20.0),
            metrics=metrics,
        )
        if ever_spoke:
            self._spoke.append(device)
            self._write(days)
        return device

    def _write(self, days: int) -> None:
        """All figures anew: rooms have the sums of their devices."""
        with self.measurements.writing() as connection:
            for table in tables.measured.sorted_tables:
                connection.execute(table.delete())
            fill(connection, self._spoke, self.reception.centre.clock.now(), days)

    def principal(self, school: str = "DK") -> httpx.Client:
        """A principal of that school, signed in."""
        return self.reception.visit(Role.PRINCIPAL, school=school)

    def page(self, path: str, school: str = "DK") -> str:
        """The page as the principal of that school sees it."""
        answer = self.principal(school).get(path)
        assert answer.status_code == 200, answer.text
        return answer.text
