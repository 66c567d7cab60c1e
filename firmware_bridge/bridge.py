"""The bridge: one supervisor for each line of the room's plan, one voice on the room's broker, one thread that looks.

A new plan opens, closes and changes the lines that differ and leaves the others alone. One serial port at a time may be
lent to the commands for firmware. Not here: a line's life (`supervisor`), what is said (`room_voice`), unknown ports
(`discovery`), who borrows (`port_desk`).
"""

import logging
import os
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from firmware_bridge.baud_memory import BaudMemory
from firmware_bridge.board_link import MakeLink
from firmware_bridge.command_gate import Admission, CommandGate, why_not
from firmware_bridge.drivers.driver import Catalogue, Done
from firmware_bridge.line import Line, lines_of
from firmware_bridge.line_words import LineWord, Lost
from firmware_bridge.loan_words import Answer, BoardAtPort, Kept, Lent, NotMine
from firmware_bridge.port_desk import PortDesk
from firmware_bridge.room_voice import RoomVoice
from firmware_bridge.supervisor import QUIET_SECONDS, Supervisor, Surroundings
from firmware_bridge.systemd_word import SystemdWord
from models.clock import Clock
from models.room_messages import DeviceCommand, DeviceResult
from models.room_plan import PlannedDevice, RoomPlan, in_exam, in_lesson, may_be_lesson
from models.telemetry import Found

log = logging.getLogger(__name__)

PULSE_SECONDS: Final = 0.2
"""Readings are sent at most five times a second for each device."""

LOOK_SECONDS: Final = 1.0
STALLED_SECONDS: Final = 30.0
"""A line's thread that has not gone round for so long hangs: opening a line takes at most five seconds."""


class Finder(Protocol):
    """Who looks at ports that no plan names."""

    def look(self, planned_ports: Sequence[str]) -> Sequence[Found] | None:
        """What stands there now, None when nothing has changed. Called about once a second; returns at once."""

    def stop(self) -> None:
        """Ends what it does now."""


class NoFinder:
    """Nobody looks."""

    def look(self, planned_ports: Sequence[str]) -> Sequence[Found] | None:
        """Nothing."""

    def stop(self) -> None:
        """Nothing."""


class Cart(Protocol):
    """Who reads headsets in the charging cart. Called by the bridge's thread; tells by itself."""

    @property
    def device_ids(self) -> Sequence[str]:
        """The devices that it speaks for."""

    def follow(self, devices: Sequence[PlannedDevice]) -> None:
        """The plan's devices."""

    def tell_wrong(self) -> None:
        """Says which of them it cannot follow."""

    def look(self) -> Sequence[Found] | None:
        """Begins what is due; what stands there unplanned, None when that has not changed. Once a second; soon back."""

    def stop(self) -> None:
        """Ends."""


class NoCart:
    """There is none."""

    device_ids: Sequence[str] = ()

    def follow(self, devices: Sequence[PlannedDevice]) -> None:
        """Nothing."""

    def tell_wrong(self) -> None:
        """Nothing."""

    def look(self) -> Sequence[Found] | None:
        """Nothing."""

    def stop(self) -> None:
        """Nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BridgeParts:
    """What the bridge is joined of. `new_plan` gives the plan when there is another one."""

    catalogue: Catalogue
    links_of: Callable[[Line], MakeLink]
    voice: RoomVoice
    memory: BaudMemory
    clock: Clock
    new_plan: Callable[[], RoomPlan | None]
    systemd: SystemdWord
    desk: PortDesk | None = None
    quiet_seconds: float = QUIET_SECONDS
    stalled_seconds: float = STALLED_SECONDS
    look_seconds: float = LOOK_SECONDS
    failed: Callable[[], None] = lambda: None
    """Called when a fault of ours has ended the bridge's own thread: then the program must end too."""


class Bridge:
    """Started once and stopped once."""

    def __init__(self, parts: BridgeParts, finder: Finder | None = None, cart: Cart | None = None) -> None:
        self._parts = parts
        self._finder = finder or NoFinder()
        self._cart = cart or NoCart()
        self._found: tuple[Sequence[Found], Sequence[Found]] = ((), ())
        self._lock = threading.Lock()
        self._gate = CommandGate()
        self._plan: RoomPlan | None = None
        self._supervisors: dict[str, Supervisor] = {}
        self._way: dict[str, tuple[PlannedDevice, Supervisor]] = {}
        self._lent: frozenset[str] = frozenset()
        self._hanging: frozenset[str] = frozenset()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="bridge", daemon=True)

    def start(self) -> None:
        """Begins to follow the plan."""
        self._parts.voice.start(self.take_command)
        self._thread.start()
        if self._parts.desk is not None:
            self._parts.desk.start(self)

    def stop(self) -> None:
        """Closes all lines in good order and leaves the room's broker."""
        self._parts.systemd.stopping()
        self._stopping.set()
        if self._parts.desk is not None:
            self._parts.desk.stop()
        if self._thread.ident is not None:
            self._thread.join()
        self._finder.stop()
        self._cart.stop()
        self._end(list(self._supervisors.values()))
        self._supervisors = {}
        self._parts.voice.stop()

    @property
    def quiet_time(self) -> bool:
        """Whether neither lesson nor exam runs (without a plan: not known, so no)."""
        plan, now = self._plan, self._parts.clock.now()
        return plan is not None and not may_be_lesson(plan, now) and not in_exam(plan, now)

    @property
    def supervisors(self) -> tuple[Supervisor, ...]:
        """The lines at this moment."""
        with self._lock:
            return tuple(self._supervisors.values())

    def boards(self) -> tuple[BoardAtPort, ...]:
        """What the devices at serial ports last said that they are. From any thread."""
        with self._lock:
            serial = [(one.line.port, each.device_id) for one in self._serial() for each in one.line.devices]
        told = [(port, self._parts.voice.about_of(device_id)) for port, device_id in serial]
        return tuple(
            BoardAtPort(port=port, board=about.model, firmware=about.firmware)
            for port, about in told
            if about is not None
        )

    def lend(self, port: str) -> Answer:
        """Closes the line at this port until `take_back`, unless a lesson or an exam runs. From one thread."""
        with self._lock:
            real = os.path.realpath(port)
            one = next((one for one in self._serial() if os.path.realpath(one.line.port) == real), None)
            if one is None:
                return NotMine()
            plan, now = self._plan, self._parts.clock.now()
            if plan is None or in_exam(plan, now) or in_lesson(plan, now):
                return Kept(sentence="A lesson or an exam runs, or no plan says when they are.")
            self._lent = frozenset((one.line.port, real))
            one.lend()
        return Lent() if one.has_let_go() else Kept(sentence=f"The driver {one.line.driver} hangs.")

    def take_back(self) -> None:
        """Opens again what was lent, if the plan still names it."""
        with self._lock:
            self._lent = frozenset()
            for one in self._serial():
                if one.is_lent:
                    one.take_back()

    def _serial(self) -> list[Supervisor]:
        return [one for one in self._supervisors.values() if one.line.is_serial]

    def take_command(self, device_id: str, command: DeviceCommand) -> None:
        """A command from the room's broker; its answer goes there too. From any thread."""
        with self._lock:
            device, supervisor = self._way.get(device_id, (None, None))
            judged = self._gate.judge(device, command, self._plan, self._parts.clock.now())
        match judged:
            case Admission.GO if supervisor is not None:
                log.info("%s: %s", device_id, command.name)
                supervisor.ask(device_id, command)
            case Admission.GO | Admission.UNDER_WAY:
                pass
            case _:
                self._parts.voice.answer(device_id, judged)

    def follow(self, plan: RoomPlan) -> None:
        """Opens, closes and changes what differs from the plan before."""
        parts = self._parts
        wanted = lines_of(plan.devices, parts.catalogue)
        lines = {line.port: line for line in wanted.lines}
        with self._lock:
            old = [one for port, one in self._supervisors.items() if lines.get(port) != one.line]
        self._end(old)
        around = Surroundings(
            tell=self._hear,
            memory=parts.memory,
            clock=parts.clock,
            may_search=lambda: self.quiet_time,
            why_not=self._why_not,
            quiet_seconds=parts.quiet_seconds,
        )
        with self._lock:
            kept = {port: one for port, one in self._supervisors.items() if one not in old}
            new = [
                Supervisor(line, parts.catalogue[line.driver], parts.links_of(line), around)
                for port, line in lines.items()
                if port not in kept
            ]
            for one in new:
                if not self._lent.isdisjoint((one.line.port, os.path.realpath(one.line.port))):
                    one.lend()
            self._supervisors = kept | {one.line.port: one for one in new}
            self._way = {
                device.device_id: (device, one) for one in self._supervisors.values() for device in one.line.devices
            }
            self._plan = plan
        self._cart.follow(plan.devices)
        parts.voice.follow([*self._way, *wanted.troubles, *self._cart.device_ids])
        self._cart.tell_wrong()
        for device_id, sentence in wanted.troubles.items():
            parts.voice.hear(Lost(device_ids=(device_id,), sentence=sentence))
        for one in new:
            one.start()

    def _why_not(self, device_id: str, command: DeviceCommand) -> DeviceResult | None:
        """By the plan of this moment; asked by the lines' threads before each time that they write a command."""
        with self._lock:
            device = self._way[device_id][0] if device_id in self._way else None
            return why_not(device, command, self._plan, self._parts.clock.now())

    def _hear(self, word: LineWord) -> None:
        if isinstance(word, Done):
            with self._lock:
                self._gate.answered(word.device_id, word.result)
        self._parts.voice.hear(word)

    def _end(self, supervisors: Sequence[Supervisor]) -> None:
        for one in supervisors:
            one.end()
        for one in supervisors:
            one.stop()

    def _run(self) -> None:
        self._parts.systemd.ready()
        look_at = time.monotonic()
        try:
            while not self._stopping.is_set():
                now = time.monotonic()
                if now >= look_at:
                    look_at = now + self._parts.look_seconds
                    self._look(now)
                self._parts.voice.pulse()
                self._stopping.wait(PULSE_SECONDS)
        finally:
            if not self._stopping.is_set():
                self._parts.failed()

    def _look(self, now: float) -> None:
        plan = self._parts.new_plan()
        if plan is not None:
            self.follow(plan)
        hanging = frozenset(
            one.line.port for one in self._supervisors.values() if now - one.progressed_at > self._parts.stalled_seconds
        )
        for port in hanging - self._hanging:
            one = self._supervisors[port]
            log.error("The driver %s of %s hangs", one.line.driver, port)
            ids = tuple(device.device_id for device in one.line.devices)
            self._parts.voice.hear(Lost(device_ids=ids, sentence=f"The driver {one.line.driver} hangs."))
        self._hanging = hanging
        if not hanging:
            self._parts.systemd.alive(f"{len(self._supervisors)} lines")
        self._tell_found(self._look_for_ports(), self._cart.look())

    def _look_for_ports(self) -> Sequence[Found] | None:
        if not self.quiet_time:
            self._finder.stop()
            return None
        return self._finder.look([*self._supervisors])

    def _tell_found(self, ports: Sequence[Found] | None, headsets: Sequence[Found] | None) -> None:
        if ports is None and headsets is None:
            return
        known = self._found
        self._found = (known[0] if ports is None else ports, known[1] if headsets is None else headsets)
        self._parts.voice.tell_found([*self._found[0], *self._found[1]])
