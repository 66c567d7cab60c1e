"""Firmware reaches boards by itself: published, on the box, written while the bridge runs, told in the room."""

import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NoReturn

import msgspec
import pytest

from firmware_bridge.__main__ import main
from firmware_bridge.board_link import LineBusyError, LineGoneError
from firmware_bridge.loan_words import BoardAtPort
from firmware_bridge.settings import settings_of_box
from firmware_bridge.updating.allowed_moment import judge_by_itself
from firmware_bridge.updating.errands import follow as take_steps
from firmware_bridge.updating.exam_calendar import NEVER, latest_known, read_calendar
from firmware_bridge.updating.flash_journal import LEFT_ALONE, Deed
from firmware_bridge.updating.flash_refusals import FlashRefusal
from firmware_bridge.updating.intel_hex import read_hex
from firmware_bridge.updating.next_steps import Step, next_steps
from firmware_bridge.updating.shelf import Shelf
from firmware_bridge.updating.update import Outcome
from firmware_bridge.wiring import build_bridge
from models.board_firmware import FirmwareRelease
from models.enrollment import ExamWindow, WantedRelease
from models.roll_outs import ReleaseKind
from models.room_messages import About, Reach, State, decode_room
from models.room_plan import RoomPlan
from models.wire.trust_list import TrustList
from provisioning.updates.board_firmware import write_firmware
from provisioning.updates.follow import INSTALLED, follow
from tests.builders.avr_board import BOARD_ID, AvrBoard, BuiltFirmware, need_bootloader
from tests.builders.bridged_box import bridged_box, serial_device
from tests.builders.firmware_shelf import EXAM, MONDAY_LESSON, PLAN, SUNDAY, FirmwareFolder
from tests.builders.needed_programs import need
from tests.builders.pluggable_board import PluggableBoard
from tests.builders.releases import LyingLine, ReleaseBox, ReleaseHouse
from tests.builders.room_plans import hours, hours_of_another_day
from tests.builders.until import until
from tests.fakes.manual_clock import ManualClock
from tests.fakes.own_room_broker import own_room_broker
from tests.fakes.running_mosquitto import mosquitto_program


def publish(house: ReleaseHouse, folder: Path, firmware: BuiltFirmware) -> str:
    """What the release people do: a key, a signed image, an archive, the province's list."""
    key, out = folder / "release", folder / "out"
    assert main(["firmware", "make-key", str(key)]) == 0
    words = ["--key", str(key / "firmware.key.pem"), "--hex", str(firmware.hex_file), "--version", firmware.version]
    assert main(["firmware", "sign", *words, "--into", str(out)]) == 0
    archive = folder / "boards-1.tar"
    write_firmware(out, archive)
    return house.release_file(archive, ReleaseKind.FIRMWARE).target


@contextmanager
def talking(board: PluggableBoard) -> Iterator[None]:
    """The board says a reading again and again."""
    quiet = threading.Event()

    def talk() -> None:
        while not quiet.wait(0.05):
            board.say(b"light:5\n")

    thread = threading.Thread(target=talk)
    thread.start()
    yield
    quiet.set()
    thread.join()


def test_a_published_image_is_on_its_board_while_the_bridge_runs_and_other_ports_go_on(
    tmp_path: Path,
    avr_bench: Path,
    first_firmware: BuiltFirmware,
    second_firmware: BuiltFirmware,
    capsys: pytest.CaptureFixture[str],
) -> None:
    need("mosquitto", mosquitto_program())
    house = ReleaseHouse(tmp_path / "desk")
    box = ReleaseBox(tmp_path / "box", house.root)
    target = publish(house, tmp_path, second_firmware)
    done = follow(box.folder, WantedRelease(firmware=target), box.network(LyingLine(house.desk.repository)), house.now)
    assert [word.outcome for word in done.words] == [INSTALLED]

    words = ("--reset-on-open", "--bootloader", str(need_bootloader()), str(first_firmware.hex_file))
    with ExitStack() as stack:
        broker = stack.enter_context(own_room_broker(tmp_path / "broker", ("dev-1", "dev-2")))
        board = stack.enter_context(AvrBoard(avr_bench, *words, flash_file=tmp_path / "flash"))
        other = PluggableBoard(tmp_path / "usb-2").plug()
        stack.callback(other.unplug)
        (box.updates / "latest-known").unlink()
        box.give_trust_list(datetime.now(UTC) - timedelta(days=1))  # the house lives in a time of its own
        devices = (serial_device("dev-1", board.path), serial_device("dev-2", str(other.path), "text-lines"))
        lessons = hours_of_another_day(datetime.now(UTC))
        bridged_box(box.folder, *devices, lessons=lessons, quiet=(hours(0, 24 * 60),))
        password = broker.password_file("bridge")
        (box.folder / "bridge.toml").write_text(
            f'[broker]\nport = {broker.port}\npassword_file = "{password}"\n[finding]\nlook = false\n'
        )
        edge = broker.client("edge", "dev/#")
        stack.callback(edge.session.stop)
        heard: dict[str, list[bytes]] = {}

        def newest(topic: str) -> bytes:
            while not edge.messages.empty():
                name, payload = edge.messages.get()
                heard.setdefault(name, []).append(payload)
            return heard.get(topic, [b""])[-1]

        def shown() -> str:
            about = newest("dev/dev-1/about")
            return decode_room(about, About).firmware if about else ""

        bridge = build_bridge(settings_of_box(box.folder), lambda: None)
        bridge.start()
        stack.callback(bridge.stop)
        stack.enter_context(talking(other))
        until(lambda: "1.0.0" in shown())
        until(lambda: newest("dev/dev-2/tm"))
        before = len(heard["dev/dev-2/tm"])

        capsys.readouterr()
        assert main(["firmware", "follow", "--box", str(box.folder)]) == 0
        assert capsys.readouterr().out == f"{board.path}: installed.\n"
        assert board.flash().startswith(read_hex(second_firmware.hex_file.read_bytes()))
        until(lambda: "1.1.0" in shown())
        assert len(heard["dev/dev-2/tm"]) > before
        states = [decode_room(payload, State).reach for payload in heard["dev/dev-2/state"]]
        assert Reach.UNREACHABLE not in states, "the other port was let go"

        assert main(["firmware", "inventory", "--box", str(box.folder)]) == 0
        assert f"{BOARD_ID} 1.1.0" in capsys.readouterr().out
        assert main(["firmware", "follow", "--box", str(box.folder)]) == 0
        assert capsys.readouterr() == ("", ""), "what is up to date is left alone"


# ---- which boards, and when -----------------------------------------------------------------------------------------


def board(version: str, kind: str = BOARD_ID) -> BoardAtPort:
    return BoardAtPort(port="/dev/one", board=kind, firmware=f"sensor-board {version} 0a1b2c")


@pytest.fixture
def box(tmp_path: Path, first_firmware: BuiltFirmware) -> FirmwareFolder:
    """With 1.0.0, 1.1.0, and 2.0.0, which may follow 1.1.0 only."""
    folder = FirmwareFolder(tmp_path / "box" / "firmware")
    for version, least in (("1.0.0", "0.0.0"), ("1.1.0", "0.0.0"), ("2.0.0", "1.1.0")):
        folder.add(first_firmware, version, least)
    return folder


def steps(box: FirmwareFolder, one: BoardAtPort, *versions: str, number: int = 1, now: datetime = SUNDAY) -> list[str]:
    release = FirmwareRelease(
        target="r.tar", number=number, images=tuple(f"{BOARD_ID}-{version}" for version in versions)
    )
    found = next_steps([one], release, Shelf(box.folder), box.journal, now)
    assert all(step == Step(port=one.port, board=BOARD_ID, version=step.version) for step in found)
    return [step.version for step in found]


def test_a_board_goes_by_the_versions_that_it_must_pass(box: FirmwareFolder) -> None:
    every = ("1.0.0", "1.1.0", "2.0.0")
    assert steps(box, board("1.0.0"), *every) == ["1.1.0"]
    assert steps(box, board("1.1.0"), *every) == ["2.0.0"]


def test_nothing_goes_back_nothing_unreleased_is_written_and_other_boards_are_left_alone(box: FirmwareFolder) -> None:
    assert steps(box, board("2.0.0"), "1.0.0", "1.1.0", "2.0.0") == []
    assert steps(box, board("1.0.0"), "1.0.0") == [], "1.1.0 came by stick"
    assert steps(box, board("home-made"), "1.1.0") == []
    assert steps(box, board("1.0.0", "lab-atmega328p"), "1.1.0") == []
    box.file("1.1.0", "manifest").write_bytes(b"forged")
    assert steps(box, board("1.0.0"), "1.1.0") == []


def test_an_image_that_did_not_show_itself_is_not_tried_again_by_itself(box: FirmwareFolder) -> None:
    deed = Deed(
        at=SUNDAY, port="/dev/one", board=BOARD_ID, had_version="1.0.0", new_version="1.1.0", outcome=Outcome.FELL_BACK
    )
    box.journal.record(deed)
    with (box.folder / "history.jsonl").open("ab") as history:
        history.write(b'{"at":"2026-')
    assert steps(box, board("1.0.0"), "1.1.0") == []


def test_a_board_that_was_reset_in_vain_is_left_alone_for_a_day_or_until_a_new_release(box: FirmwareFolder) -> None:
    deed = Deed(
        at=SUNDAY,
        port="/dev/one",
        board=BOARD_ID,
        had_version="",
        new_version="1.1.0",
        outcome=LEFT_ALONE,
        reason="no ident",
        release=1,
    )
    box.journal.record(deed)
    one = board("1.0.0")
    assert steps(box, one, "1.1.0", now=SUNDAY + timedelta(hours=23)) == []
    assert steps(box, one, "1.1.0", now=SUNDAY + timedelta(hours=25)) == ["1.1.0"]
    assert steps(box, one, "1.1.0", number=2) == ["1.1.0"]
    other_port = msgspec.structs.replace(one, port="/dev/two")
    assert steps(box, other_port, "1.1.0") == ["1.1.0"]


def test_of_each_step_it_is_told_whether_the_board_was_reset_in_vain_and_the_moment_is_asked_anew(
    box: FirmwareFolder,
) -> None:
    quiet = msgspec.structs.replace(PLAN, exams=())
    box.plan, box.clock = quiet, ManualClock(SUNDAY)
    silent, busy = LineGoneError("/dev/one is silent."), LineBusyError("/dev/two is busy.")

    def open_port(port: str, _baud: int) -> NoReturn:
        raise silent if port == "/dev/one" else busy

    moments = iter((None, None, FlashRefusal.NOT_QUIET))
    told: list[tuple[str, str]] = []
    ports = ("/dev/one", "/dev/two", "/dev/three")
    wanted = [Step(port=port, board=BOARD_ID, version="1.1.0") for port in ports]
    status = take_steps(
        box.update(open_port), wanted, lambda: next(moments), lambda step, why: told.append((step.port, why))
    )
    assert (status, told) == (2, [("/dev/one", "LineGoneError")])
    assert next(moments, "asked for each") == "asked for each"


NIGHT = SUNDAY + timedelta(hours=12)
"""22:00 in Vietnam."""

QUIET_AT_NIGHT = msgspec.structs.replace(PLAN, quiet=(hours(20 * 60, 24 * 60),))
NO_HOURS = msgspec.structs.replace(PLAN, lessons=())


@pytest.mark.parametrize(
    ("plan", "at", "refusal"),
    [
        (None, NIGHT, FlashRefusal.NO_PLAN),
        (PLAN, MONDAY_LESSON, FlashRefusal.LESSON),
        (PLAN, EXAM[0], FlashRefusal.EXAM_WINDOW),
        (PLAN, SUNDAY, FlashRefusal.EXAM_NEAR),
        (PLAN, NIGHT, None),
        (QUIET_AT_NIGHT, NIGHT, None),
        (QUIET_AT_NIGHT, NIGHT - timedelta(hours=3), FlashRefusal.NOT_QUIET),
        (QUIET_AT_NIGHT, NIGHT + timedelta(hours=1, minutes=58), FlashRefusal.NOT_QUIET),
        (NO_HOURS, NIGHT, FlashRefusal.LESSON),
    ],
)
def test_by_itself_it_is_time_only_in_quiet_hours_far_from_an_exam(
    plan: RoomPlan | None, at: datetime, refusal: FlashRefusal | None
) -> None:
    assert judge_by_itself(plan, at, calendar(), SUNDAY) is refusal


def calendar(*exams: ExamWindow) -> TrustList:
    """A trust list of ten days."""
    return TrustList(
        version=1,
        school_id="chu-van-an",
        issued_at=SUNDAY - timedelta(days=1),
        good_until=SUNDAY + timedelta(days=9),
        authorities=(),
        central_keys=(),
        boxes=(),
        revoked=(),
        exams=exams,
    )


def test_by_itself_a_plan_of_any_age_does_not_say_that_no_exam_is_near() -> None:
    """The same quiet night: with the signed list, without, after its end, near its exam, with a clock set back."""
    night, begins = QUIET_AT_NIGHT, NIGHT + timedelta(hours=30)
    exam = ExamWindow(exam_id="thi-1", starts_at=begins, ends_at=begins + timedelta(hours=2))
    assert judge_by_itself(night, NIGHT, None, SUNDAY) is FlashRefusal.EXAMS_UNKNOWN
    assert judge_by_itself(night, NIGHT + timedelta(days=9), calendar(), SUNDAY) is FlashRefusal.EXAMS_UNKNOWN
    assert judge_by_itself(night, NIGHT, calendar(exam), SUNDAY) is FlashRefusal.EXAM_NEAR
    assert judge_by_itself(night, NIGHT, calendar(), NIGHT + timedelta(minutes=1)) is FlashRefusal.CLOCK_BEHIND
    assert judge_by_itself(night, NIGHT - timedelta(days=2), calendar(), NIGHT - timedelta(days=3)) is (
        FlashRefusal.CLOCK_BEHIND
    )


def test_a_box_reads_only_the_trust_list_that_its_authority_signed(tmp_path: Path, box: FirmwareFolder) -> None:
    root = ReleaseHouse(tmp_path / "desk").root
    enrolled = ReleaseBox(tmp_path / "enrolled", root)
    found = read_calendar(enrolled.folder)
    assert found is not None
    assert found.school_id == "chu-van-an"
    other = ReleaseBox(tmp_path / "other", root)
    (enrolled.folder / "trust-list.json").write_bytes((other.folder / "trust-list.json").read_bytes())
    assert read_calendar(enrolled.folder) is None
    assert read_calendar(tmp_path / "nowhere") is None
    assert (latest_known(enrolled.folder), box.journal.newest()) == (NEVER, None)
