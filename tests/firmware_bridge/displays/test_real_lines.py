"""Displays on real lines of this machine (TCP, a pseudo terminal), under the bridge's own supervisor."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from firmware_bridge.baud_memory import BaudMemory
from firmware_bridge.drivers.catalogue import DRIVERS
from firmware_bridge.drivers.driver import Done, Said
from firmware_bridge.line import lines_of
from firmware_bridge.line_words import LineWord
from firmware_bridge.supervisor import Supervisor, Surroundings
from firmware_bridge.wiring import links_of
from models.clock import SystemClock
from models.equipment import EquipmentKind
from models.room_messages import DeviceCommand, DeviceCommandName, DeviceOutcome
from models.room_plan import LanLink, PlannedDevice, SerialLink
from provisioning.rehearsal.soft_room.display_line import DisplayPort, DisplayTerminal
from provisioning.rehearsal.soft_room.soft_display import SoftDisplay
from tests.builders.soft_displays import TALKS, all_words
from tests.builders.until import until

SOURCE = {"maxhub": "ops"}


@pytest.fixture
def ending() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def link_to(family: str, over: str, display: SoftDisplay, folder: Path, ending: ExitStack) -> LanLink | SerialLink:
    if over == "tcp":
        port = DisplayPort(display, TALKS[family])
        number = port.start()
        ending.callback(port.stop)
        return LanLink(host="127.0.0.1", port=number, driver=family, password=display.password, map=all_words(family))
    terminal = DisplayTerminal(display, TALKS[family])
    terminal.start(folder / "display")
    ending.callback(terminal.stop)
    return SerialLink(port=str(folder / "display"), driver=family, map=all_words(family))


@pytest.mark.parametrize(
    ("family", "over"),
    [
        ("pjlink", "tcp"),
        ("lg", "tcp"),
        ("mdc", "cable"),
        ("nec", "cable"),
        ("viewsonic", "tcp"),
        ("oem-aabbcc", "cable"),
        ("benq-projector", "cable"),
        ("sicp", "tcp"),
        ("maxhub", "tcp"),
        ("hisense", "cable"),
        ("viewsonic-projector", "tcp"),
    ],
)
def test_a_display_is_read_and_told(family: str, over: str, tmp_path: Path, ending: ExitStack) -> None:
    display = SoftDisplay(password="JBMIAProjectorLink" if family == "pjlink" else "")
    link = link_to(family, over, display, tmp_path, ending)
    device = PlannedDevice(device_id="dev-1", kind=EquipmentKind.PROJECTOR, link=link)
    (line,) = lines_of([device], DRIVERS).lines
    words: list[LineWord] = []
    around = Surroundings(tell=words.append, memory=BaudMemory(), clock=SystemClock())
    supervisor = Supervisor(line, DRIVERS[family], links_of(line), around)
    supervisor.start()
    ending.callback(supervisor.stop)
    until(lambda: _last_source(words) == "hdmi1")
    wanted = SOURCE.get(family, "hdmi2")
    supervisor.ask(
        "dev-1",
        DeviceCommand(id="one", name=DeviceCommandName.SELECT_SOURCE, argument=wanted, expires_at=1 << 45),
    )
    until(lambda: [word for word in words if isinstance(word, Done)])
    assert [word.result.outcome for word in words if isinstance(word, Done)] == [DeviceOutcome.DONE]
    until(lambda: _last_source(words) == wanted)
    assert display.source == {"pjlink": "digital2"}.get(family, wanted)


def _last_source(words: list[LineWord]) -> object:
    states = [word.state for word in words if isinstance(word, Said) and word.state is not None]
    return states[-1].values.get("source") if states else None
