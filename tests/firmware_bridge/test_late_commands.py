"""A command that was let through and then waited for its line is not carried into an exam window."""

from datetime import timedelta

from firmware_bridge.baud_memory import BaudMemory
from firmware_bridge.bridge import Bridge, BridgeParts
from firmware_bridge.drivers.driver import DriverRow
from firmware_bridge.room_voice import COMMANDS, RoomVoice
from firmware_bridge.systemd_word import SystemdWord
from models.clock import to_unix_ms
from models.equipment import EquipmentKind
from models.room_messages import DeviceCommand, DeviceCommandName, DeviceOutcome, DeviceResult, decode_room
from models.room_plan import PlannedDevice, RoomPlan, SerialLink
from tests.builders.until import until
from tests.fakes.chattering_driver import ChatteringDriver
from tests.fakes.in_memory_broker import InMemoryBroker
from tests.fakes.manual_clock import ManualClock
from tests.fakes.scripted_board_link import ScriptedBoardLink

DISPLAY = PlannedDevice(
    device_id="dev-1",
    kind=EquipmentKind.PROJECTOR,
    link=SerialLink(port="/dev/x", driver="chat"),
    commands=(DeviceCommandName.POWER_OFF,),
)


def test_a_power_off_that_waited_until_the_exam_began_is_refused_and_never_written() -> None:
    clock, broker = ManualClock(), InMemoryBroker()
    link, driver = ScriptedBoardLink({9600: b"hold\na:1\n"}), ChatteringDriver((DISPLAY,))
    results: list[DeviceResult] = []
    ear = broker.session("edge", ("dev/+/cmd/res",))
    ear.start(lambda _topic, payload: results.append(decode_room(payload, DeviceResult)), lambda _: None)
    voice = RoomVoice(broker.session("bridge", (COMMANDS,)), clock)
    parts = BridgeParts(
        catalogue={"chat": DriverRow(make=lambda _: driver, usual_baud=9600)},
        links_of=lambda _: link.at,
        voice=voice,
        memory=BaudMemory(),
        clock=clock,
        new_plan=lambda: None,
        systemd=SystemdWord(""),
    )
    bridge = Bridge(parts)
    voice.start(bridge.take_command)
    begins = clock.now() + timedelta(seconds=5)
    bridge.follow(
        RoomPlan(
            version=1,
            box_id="box-1",
            room_id="r",
            room_name="9A",
            made_at=clock.now(),
            devices=(DISPLAY,),
            exams=((begins, begins + timedelta(hours=2)),),
        )
    )
    try:
        until(lambda: driver.counts.good > 0)
        expires_at = to_unix_ms(clock.now() + timedelta(seconds=130))
        bridge.take_command("dev-1", DeviceCommand(id="off", name=DeviceCommandName.POWER_OFF, expires_at=expires_at))
        until(lambda: "off" in driver.held)
        clock.advance(seconds=6)
        until(lambda: bool(results), voice.pulse)
    finally:
        bridge.stop()
    assert [(one.id, one.outcome) for one in results] == [("off", DeviceOutcome.REFUSED)]
    assert driver.held == {}
