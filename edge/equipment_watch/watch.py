"""The watch over a room's equipment: what was heard, time that passed, a new plan, an order; rows and words come out.

Pure but for two questions that it asks: whether a rule may fire (noted on the card), whether an exam runs at the desk.
One thread. Not here: threads and the room's broker (`listener`), dialects, the store.
"""

import hashlib
import secrets
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Final, Protocol, assert_never

import msgspec

from edge.equipment_watch.alerts import AlertBook
from edge.equipment_watch.asked_readings import AskedReadings, minutes_of
from edge.equipment_watch.known_device import Counts, KnownDevice
from edge.equipment_watch.orders import DeviceOrder, Orders
from edge.equipment_watch.roll_up import RollUp
from edge.equipment_watch.room_hours import due_rules
from edge.equipment_watch.words import (
    AboutHeard,
    Heard,
    OnlineHeard,
    Outgoing,
    ReadingsHeard,
    ResultHeard,
    SessionEnded,
    StateHeard,
    StrangerHeard,
    Unreadable,
)
from models.clock import SCHOOL_ZONE, Clock
from models.room_messages import DeviceCommand, DeviceCommandName, DeviceOutcome
from models.room_plan import (
    AlertLimits,
    CartLink,
    PlannedDevice,
    RoomPlan,
    TimedRule,
    in_exam,
    is_within,
    may_be_lesson,
)
from models.room_readiness import RoomJudgement, judge_room
from models.telemetry import Alert, AskedBy, CommandRow, Found, Row

LOOK_EVERY_MS: Final = 500
JUDGE_EVERY_MS: Final = 5_000
MOST_STRANGERS: Final = 200
MOST_OF_A_GUEST: Final = 20
"""A guest names what it announces as it likes; so many of the places above are one guest's at most."""
STRANGER_PAUSE_MS: Final = 10 * 60_000
"""At most so often a device that nobody planned is told, however often it changes what it says."""

_TELL_READINGS: Final = DeviceCommandName.TELL_READINGS


class Tongue(Protocol):
    """Who says things to devices in their dialects."""

    def say(self, device_id: str, command: DeviceCommand) -> tuple[Outgoing, ...]:
        """The command as the device understands it; nothing when it cannot be asked that."""

    def answers(self, device_id: str) -> bool:
        """Whether the device answers a command."""


class Questions(msgspec.Struct, frozen=True, kw_only=True):
    """What the watch must ask others.

    `may_fire` notes on the card that a rule fires on a day and is False when it did; `exam_runs`: the desk has an open
    sitting; `clock_is_right`: nothing speaks against the wall clock. `new_id` names an alert.
    """

    may_fire: Callable[[str, str], bool]
    exam_runs: Callable[[], bool] = lambda: False
    clock_is_right: Callable[[], bool] = lambda: True
    new_id: Callable[[], str] = lambda: secrets.token_hex(8)


class Turn(msgspec.Struct, frozen=True, kw_only=True):
    """What comes of one input: rows for the store, words for the room, orders that ended."""

    rows: tuple[Row, ...] = ()
    outgoing: tuple[Outgoing, ...] = ()
    ended: tuple[CommandRow, ...] = ()


class _Stranger(msgspec.Struct, kw_only=True):
    """What was told of it last, and the newest that was not told yet."""

    told: Found
    told_ms: int
    day: str
    guest: str | None
    newest: Found | None = None


class Watch:
    """Every method is one input and gives what comes of it."""

    def __init__(self, clock: Clock, questions: Questions) -> None:
        self._clock = clock
        self._ask = questions
        self._plan: RoomPlan | None = None
        self._tongue: Tongue | None = None
        self._devices: dict[str, KnownDevice] = {}
        self._minutes = RollUp()
        self._alerts = AlertBook((), questions.new_id)
        self._orders = Orders()
        self._readings = AskedReadings()
        self._strangers: dict[str, _Stranger] = {}
        self._readiness: RoomJudgement | None = None
        self._look_due_ms = 0
        self._judge_due_ms = 0
        self._tell_all = False
        self.counts = Counts()

    @property
    def readiness(self) -> RoomJudgement | None:
        """How the room stood at the last look, at most a few seconds ago; any thread may ask.

        None without a plan, without connected devices, and while one that was never heard may still speak.
        """
        return self._readiness

    @property
    def devices(self) -> list[KnownDevice]:
        """The planned devices that can speak."""
        return list(self._devices.values())

    def resume(self, still_open: Iterable[Alert]) -> None:
        """First of all: the alerts that had begun and not ended when the program ended."""
        self._alerts = AlertBook(still_open, self._ask.new_id)

    def follow(self, plan: RoomPlan, tongue: Tongue) -> Turn:
        """A plan to follow from now on; what is known of devices that stay is kept."""
        now, now_ms = self._clock.now(), self._clock.monotonic_ms()
        known, self._devices = self._devices, {}
        for planned in plan.devices:
            if planned.link is not None:
                device = known.get(planned.device_id) or KnownDevice(planned, now_ms)
                device.follow(planned)
                self._devices[planned.device_id] = device
        self._readings.keep_only(self._devices.keys())
        self._plan, self._tongue = plan, tongue
        return Turn(rows=tuple(self._alerts.end_all_but(frozenset(self._devices), now)))

    def heard(self, words: Iterable[Heard]) -> Turn:
        """Words from the room."""
        now, now_ms = self._clock.now(), self._clock.monotonic_ms()
        rows: list[Row] = []
        ended: list[CommandRow] = []
        for word in words:
            match word:
                case SessionEnded(session=session):
                    for device in self._devices.values():
                        if device.session == session:
                            device.take_end()
                case StrangerHeard():
                    rows += self._meet_stranger(word, now, now_ms)
                case Unreadable(device_id=device_id):
                    known = self._devices.get(device_id or "")
                    (known.counts if known else self.counts).unreadable += 1
                case _:
                    ended += self._hear_device(word, now, now_ms)
        return Turn(rows=(*rows, *ended), ended=tuple(ended))

    def _hear_device(
        self,
        word: ReadingsHeard | StateHeard | OnlineHeard | AboutHeard | ResultHeard,
        now: datetime,
        now_ms: int,
    ) -> list[CommandRow]:
        device = self._devices.get(word.device_id)
        if device is None:
            self.counts.unknown += 1
            return []
        match word:
            case ReadingsHeard():
                numbers = device.take_readings(word, self._minutes, now, now_ms)
                if self._readings.has(word.device_id):
                    self._readings.take(word.device_id, numbers, now_ms)
            case StateHeard():
                device.take_state(word, self._minutes, now, now_ms)
            case OnlineHeard():
                device.take_online(word, now, now_ms)
            case AboutHeard():
                device.take_about(word)
            case ResultHeard(result=result):
                return self._orders.heard(word.device_id, result, now)
            case _:
                assert_never(word)
        return self._orders.state_read(word.device_id, device.values, now)

    def ask(self, order: DeviceOrder) -> Turn:
        """A person's order. It ends at once when it may not be; else by the device's answer or with its time."""
        if self._orders.has(order.device_id, order.command_id):
            return Turn()
        now = self._clock.now()
        why_not = self._why_not(order, now)
        if why_not:
            row = order.ended(DeviceOutcome.REFUSED, why_not, now)
            return Turn(rows=(row,), ended=(row,))
        return self._tell_readings(order, now) if order.name is _TELL_READINGS else self._say(order, now)

    def tell_newest(self) -> None:
        """Central was away: how every device is goes out anew with the next look."""
        self._tell_all = True

    def time_passed(self) -> Turn:
        """Called several times a second."""
        now, now_ms = self._clock.now(), self._clock.monotonic_ms()
        if now_ms < self._look_due_ms or self._plan is None:
            return Turn()
        self._look_due_ms = now_ms + LOOK_EVERY_MS
        ended = self._orders.overdue(now, now_ms)
        judge_all = now_ms >= self._judge_due_ms
        looked_at = [one for one in self._devices.values() if judge_all or self._tell_all or one.changed]
        rows: list[Row] = [*ended, *self._words_due(looked_at, self._plan.limits, now, now_ms)]
        if self._readings:
            rows += self._readings_due(self._plan, now, now_ms)
        outgoing: list[Outgoing] = []
        if judge_all:
            self._judge_due_ms = now_ms + JUDGE_EVERY_MS
            rows += self._minutes.due(now_ms)
            rows += self._strangers_due(now, now_ms)
            rows += self._judge_alerts(self._plan, now, now_ms)
            self._readiness = self._judge_room(self._plan.limits, now, now_ms)
            for turn in self._fire_rules(self._plan, now):
                rows += turn.rows
                outgoing += turn.outgoing
        return Turn(rows=tuple(rows), outgoing=tuple(outgoing), ended=tuple(ended))

    def finish(self) -> Turn:
        """The program ends: the minutes under way are told as they are."""
        return Turn(rows=tuple(self._minutes.finish()))

    def _words_due(self, looked_at: list[KnownDevice], limits: AlertLimits, now: datetime, now_ms: int) -> list[Row]:
        told: list[Row] = []
        for device in looked_at:
            word = device.word(now, now_ms, limits.silent_minutes * 60_000)
            if device.is_due(word, now_ms) or (self._tell_all and device.told is not None):
                device.was_told(word, now_ms)
                told.append(word)
        self._tell_all = False
        return told

    def _judge_alerts(self, plan: RoomPlan, now: datetime, now_ms: int) -> list[Row]:
        lesson = may_be_lesson(plan, now)
        quiet = is_within(plan.quiet, now)
        told: list[Row] = []
        for device in self._devices.values():
            expected = lesson and not isinstance(device.planned.link, CartLink)
            told += self._alerts.judge(device.facts(now_ms, expected=expected, quiet=quiet), plan.limits, now, now_ms)
        return told

    def _judge_room(self, limits: AlertLimits, now: datetime, now_ms: int) -> RoomJudgement | None:
        devices = self._devices.values()
        if any(device.may_still_speak(now_ms, limits.silent_minutes * 60_000) for device in devices):
            return None
        judgement = judge_room([device.now(now, now_ms) for device in devices], None, now, limits)
        return judgement if judgement.judged_devices else None

    def _fire_rules(self, plan: RoomPlan, now: datetime) -> list[Turn]:
        if self._ask.exam_runs() or not self._ask.clock_is_right():
            return []
        turns = []
        for rule, day in due_rules(plan, now):
            if self._ask.may_fire(rule.rule_id, day):
                turns += [
                    self._say(_order_of(rule, device.planned, day, now), now)
                    for device in self._devices.values()
                    if device.planned.kind is rule.kind and rule.command in device.planned.commands
                ]
        return turns

    def _why_not(self, order: DeviceOrder, now: datetime) -> str:
        device = self._devices.get(order.device_id)
        if self._plan is None or device is None:
            return "The room's plan does not know this device."
        if order.name not in device.planned.commands and order.name is not _TELL_READINGS:
            return "The room's plan does not allow this command for the device."
        if self._ask.exam_runs() or in_exam(self._plan, now):
            return "An exam runs in this room; nothing is asked of its devices."
        return ""

    def _say(self, order: DeviceOrder, now: datetime) -> Turn:
        tongue = None if order.name is _TELL_READINGS else self._tongue
        said = () if tongue is None else tongue.say(order.device_id, order.command(now))
        if tongue is None or not said:
            row = order.ended(DeviceOutcome.REFUSED, "The device cannot be asked this.", now)
            return Turn(rows=(row,), ended=(row,))
        self._orders.begin(order, self._clock.monotonic_ms(), answers=tongue.answers(order.device_id))
        return Turn(outgoing=said)

    def _tell_readings(self, order: DeviceOrder, now: datetime) -> Turn:
        """The one order that the box carries out itself. It is done when it begins; it ends by itself."""
        now_ms, minutes = self._clock.monotonic_ms(), minutes_of(order.argument)
        if minutes is None:
            outcome, sentence = DeviceOutcome.REFUSED, "Ask for 1 to 60 minutes of readings."
        elif not self._devices[order.device_id].measures(now_ms):
            outcome, sentence = DeviceOutcome.REFUSED, "The device has measured nothing for five minutes."
        elif not self._readings.begin(order.device_id, minutes, now_ms):
            outcome, sentence = DeviceOutcome.REFUSED, "The readings of five devices are told now; wait for one to end."
        else:
            outcome, sentence = DeviceOutcome.DONE, "Its readings are told for the minutes that were asked."
        row = order.ended(outcome, sentence, now)
        return Turn(rows=(row,), ended=(row,))

    def _readings_due(self, plan: RoomPlan, now: datetime, now_ms: int) -> list[Row]:
        """In an exam the uplink is the exam's: nothing more is told, as if nobody had asked."""
        if self._ask.exam_runs() or in_exam(plan, now):
            self._readings.keep_only(())
        return list(self._readings.due(now_ms))

    def _meet_stranger(self, word: StrangerHeard, now: datetime, now_ms: int) -> list[Row]:
        """Told when it is new or has changed, and once a day; never twice in ten minutes: then the newest."""
        found, guest = word.found, word.guest
        known = self._strangers.get(found.where)
        if known is None:
            of_guest = sum(one.guest == guest for one in self._strangers.values()) if guest is not None else 0
            if of_guest >= MOST_OF_A_GUEST or len(self._strangers) >= MOST_STRANGERS:
                return []
            self._strangers[found.where] = _Stranger(told=found, told_ms=now_ms, day=_day_of(now), guest=guest)
            return [found]
        same = msgspec.structs.replace(known.told, at=found.at) == found
        known.newest = None if same and known.day == _day_of(now) else found
        return []

    def _strangers_due(self, now: datetime, now_ms: int) -> list[Row]:
        told: list[Row] = []
        for one in self._strangers.values():
            if one.newest is not None and now_ms - one.told_ms >= STRANGER_PAUSE_MS:
                told.append(one.newest)
                one.told, one.told_ms, one.day, one.newest = one.newest, now_ms, _day_of(now), None
        return told


def _day_of(now: datetime) -> str:
    return now.astimezone(SCHOOL_ZONE).date().isoformat()


def _order_of(rule: TimedRule, device: PlannedDevice, day: str, now: datetime) -> DeviceOrder:
    """The same rule, device and day always give the same id."""
    named = f"{rule.rule_id}|{device.device_id}|{day}".encode()
    return DeviceOrder(
        command_id=hashlib.sha256(named).hexdigest()[:32],
        device_id=device.device_id,
        name=rule.command,
        argument=rule.argument,
        asked=AskedBy.RULE,
        by=rule.rule_id,
        asked_at=now,
    )
