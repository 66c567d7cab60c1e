"""A watch on a clock that the test moves; what comes out is collected."""

from collections.abc import Mapping
from datetime import UTC, datetime

from edge.equipment_watch.orders import DeviceOrder
from edge.equipment_watch.watch import Questions, Turn, Watch
from edge.equipment_watch.words import Heard, Outgoing, ReadingsHeard, StateHeard
from models.measurements import Value
from models.room_messages import DeviceCommand, DeviceCommandName, Reach
from models.room_plan import RoomPlan
from models.telemetry import Alert, AskedBy, CommandRow, DeviceWord, MinuteValues, RawValues, Row
from tests.builders.room_plans import BOARD, plan
from tests.fakes.manual_clock import ManualClock


class OneTongue:
    """Says every command on the device's topic; `silent` devices cannot be asked, `mute` ones give no answer."""

    def __init__(self) -> None:
        self.silent: set[str] = set()
        self.mute: set[str] = set()
        self.expiries: list[datetime] = []

    def say(self, device_id: str, command: DeviceCommand) -> tuple[Outgoing, ...]:
        if device_id in self.silent:
            return ()
        self.expiries.append(datetime.fromtimestamp(command.expires_at / 1000, UTC))
        return (Outgoing(topic=f"dev/{device_id}/cmd", payload=f"{command.name} {command.id}".encode()),)

    def answers(self, device_id: str) -> bool:
        return device_id not in self.mute


class WatchedRoom:
    """The watch with its clock, its notes of rules, and everything that came out of it."""

    def __init__(self, followed: RoomPlan | None = None, clock: ManualClock | None = None) -> None:
        self.clock = clock or ManualClock()
        self.tongue = OneTongue()
        self.fired: set[tuple[str, str]] = set()
        self.exam_runs = False
        self.clock_is_right = True
        self.rows: list[Row] = []
        self.said: list[Outgoing] = []
        self.ended: list[CommandRow] = []
        self._alerts = 0
        self.followed = followed or plan()
        self.restart()

    def restart(self, still_open: tuple[Alert, ...] = ()) -> None:
        """The program begins anew; the notes of rules are on the card."""
        questions = Questions(
            may_fire=self._may_fire,
            exam_runs=lambda: self.exam_runs,
            clock_is_right=lambda: self.clock_is_right,
            new_id=self._new_id,
        )
        self.watch = Watch(self.clock, questions)
        self.watch.resume(still_open)
        self.follow(self.followed)

    def follow(self, followed: RoomPlan) -> None:
        self.followed = followed
        self.take(self.watch.follow(followed, self.tongue))

    def take(self, turn: Turn) -> None:
        self.rows += turn.rows
        self.said += turn.outgoing
        self.ended += turn.ended

    def hear(self, *words: Heard) -> None:
        self.take(self.watch.heard(words))

    def readings(self, device_id: str, values: Mapping[str, Value], units: dict[str, str] | None = None) -> None:
        self.hear(ReadingsHeard(device_id=device_id, at=self.clock.now(), values=dict(values), units=units or {}))

    def state(
        self,
        device_id: str,
        values: Mapping[str, Value] | None = None,
        reach: Reach = Reach.OK,
        faults: tuple[str, ...] = (),
    ) -> None:
        self.hear(
            StateHeard(device_id=device_id, at=self.clock.now(), reach=reach, faults=faults, values=dict(values or {}))
        )

    def ask(
        self, name: DeviceCommandName, device_id: str = BOARD, command_id: str = "order-1", argument: str = ""
    ) -> None:
        order = DeviceOrder(
            command_id=command_id,
            device_id=device_id,
            name=name,
            argument=argument,
            asked=AskedBy.PERSON,
            by=command_id,
            asked_at=self.clock.now(),
        )
        self.take(self.watch.ask(order))

    def wait(self, seconds: float, step: float = 0.5) -> None:
        for _ in range(round(seconds / step)):
            self.clock.advance(seconds=step)
            self.take(self.watch.time_passed())

    def words(self, device_id: str) -> list[DeviceWord]:
        return [row for row in self.rows if isinstance(row, DeviceWord) and row.device == device_id]

    def alerts(self, device_id: str | None = None) -> list[Alert]:
        return [row for row in self.rows if isinstance(row, Alert) and device_id in (None, row.device)]

    def minutes(self) -> list[MinuteValues]:
        return [row for row in self.rows if isinstance(row, MinuteValues)]

    def raw(self, device_id: str) -> list[RawValues]:
        return [row for row in self.rows if isinstance(row, RawValues) and row.device == device_id]

    def _may_fire(self, rule_id: str, day: str) -> bool:
        new = (rule_id, day) not in self.fired
        self.fired.add((rule_id, day))
        return new

    def _new_id(self) -> str:
        self._alerts += 1
        return f"alert-{self._alerts}"
