"""A room with both of its brokers and the box's ear on them; rows as they come, for a test that waits."""

import queue
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from edge.equipment_watch.freekiosk import FreeKiosk
from edge.equipment_watch.home_assistant import HomeAssistant
from edge.equipment_watch.listener import EquipmentListener
from edge.equipment_watch.orders import DeviceOrder
from edge.equipment_watch.own_dialect import OwnDialect
from edge.equipment_watch.two_brokers import join_brokers
from edge.equipment_watch.watch import Questions, Watch
from models.clock import SystemClock
from models.room_messages import DeviceCommandName
from models.telemetry import Alert, AskedBy, CommandRow, DeviceWord, Found, Row
from models.wire.broker_session import BrokerSession, Connected, SessionState
from models.wire.mqtt_session import MqttSession, Pace
from tests.builders.planned_room import PlannedRoom

SECONDS = 30
R = TypeVar("R", DeviceWord, Found)


class ListeningRoom:
    """The room with the box's ear on both brokers; rows as they come."""

    def __init__(self, folder: Path) -> None:
        self.room = PlannedRoom(folder)
        self.rows: queue.Queue[Row] = queue.Queue()
        self.ended: queue.Queue[CommandRow] = queue.Queue()
        self.guests: queue.Queue[SessionState] = queue.Queue()
        self.listener = EquipmentListener(
            make_session=self._join,
            dialects=(OwnDialect, FreeKiosk, HomeAssistant),
            watch=Watch(SystemClock(), Questions(may_fire=lambda _rule, _day: True)),
            store=self,
            ended=self.ended.put,
            clock=SystemClock(),
        )

    def start(self) -> None:
        self.room.room.start()
        self.room.guests.start()
        self.listener.start(self.room.plan)

    def stop(self) -> None:
        self.listener.stop()
        self.room.close()

    def add(self, rows: Sequence[Row]) -> None:
        for row in rows:
            self.rows.put(row)

    def time_passed(self) -> None:
        pass

    def open_alerts(self) -> list[Alert]:
        return []

    def wait_for_guests(self) -> None:
        """Until the ear is on the guests' broker (again)."""
        while self.guests.get(timeout=SECONDS) != Connected():
            pass

    def wait_for(self, kind: type[R], fits: Callable[[R], bool]) -> R:
        while True:
            row = self.rows.get(timeout=SECONDS)
            if isinstance(row, kind) and fits(row):
                return row

    def _join(self, filters: Sequence[str]) -> BrokerSession:
        places = self.room.places
        return join_brokers(
            filters,
            lambda own: self._session(places.own_port, own),
            lambda foreign: self._session(places.guest_own_port, foreign),
            self.guests.put,
        )

    def _session(self, port: int, filters: Sequence[str]) -> MqttSession:
        address = self.room.own_address("edge", port)
        return MqttSession(address, "edge", filters, Pace(longest_wait_seconds=0.2))

    def ask(self, device_id: str, name: DeviceCommandName) -> None:
        """A person's order."""
        order = DeviceOrder(
            command_id="order-1",
            device_id=device_id,
            name=name,
            asked=AskedBy.PERSON,
            by="order-1",
            asked_at=SystemClock().now(),
        )
        self.listener.ask(order)
