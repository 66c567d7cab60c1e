"""A rehearsal school on one machine: broker, central, stage and box as the real programs, started in order.

Not here: making keys, rosters and settings (`school_preparation`).
"""

import os
import sys
import time
from functools import partial
from pathlib import Path

from models.command_line import ToldToEnd
from provisioning.brokers.guest_broker import CONFIGURATION as GUEST_CONFIGURATION
from provisioning.brokers.room_broker import CONFIGURATION as ROOM_CONFIGURATION
from provisioning.rehearsal.box_enrollment import enroll_box
from provisioning.rehearsal.child_programs import ChildPrograms, answers, refuse_taken_ports
from provisioning.rehearsal.room_devices import enter_devices, soft_devices
from provisioning.rehearsal.room_speakers import SPEAKERS, give_passwords
from provisioning.rehearsal.school_files import SCHOOL_ID, SchoolFiles, SchoolPorts
from provisioning.rehearsal.school_preparation import (
    PreparationError,
    RehearsalSession,
    central_command,
    own_command,
    prepare_files,
)

_READY_SECONDS = 40.0
_PCSCD_SOCKET = Path("/run/pcscd/pcscd.comm")


def prepare_school(files: SchoolFiles, ports: SchoolPorts, camera: str) -> RehearsalSession:
    """Make all files of the school and say so; start nothing."""
    began = time.monotonic()
    return prepare_files(
        files, ports, camera or find_camera(ports), lambda text: _say(f"[{time.monotonic() - began:4.1f} s] {text}")
    )


def run_school(files: SchoolFiles, ports: SchoolPorts, camera: str) -> int:
    """Open the school and keep it open until SIGINT or SIGTERM; gives the exit status. Raises ClassroomError."""
    stop = ToldToEnd()
    stop.listen()
    refuse_taken_ports({name: getattr(ports, name) for name in SchoolPorts.__struct_fields__ if name != "reader"})
    session = prepare_school(files, ports, camera)
    programs = ChildPrograms(logs=files.logs)
    try:
        start_programs(programs, files, ports, session)
        _say(welcome(files, ports, session))
        while not stop.wait(1.0):
            ended = programs.first_ended()
            if ended is not None:
                _say(f"{ended} đã dừng; xem {files.logs / f'{ended}.log'} · it ended by itself, see its log")
                return 2
    finally:
        _say("Đang dừng · stopping")
        programs.stop()
    return 0


def start_programs(programs: ChildPrograms, files: SchoolFiles, ports: SchoolPorts, session: RehearsalSession) -> None:
    """Start all programs, each when the one before is ready; the box is enrolled once. Raises ClassroomError."""
    start_reader_service(programs, ports)
    start_authority(programs, files, ports)
    bring_first_list(files)
    start_broker(programs, files, ports)
    programs.start("broker-keeper", _own("provisioning", "broker", "keep", "--settings", str(files.keeper_settings)))
    start_central(programs, files, ports)
    programs.start("measurements", _own("central", "keep-measurements", "--settings", str(files.central_settings)))
    names = enter_devices(files, ports, session.room_id)
    programs.start("stage", _own("provisioning", "rehearsal", "stage", "--state", str(files.state)))
    programs.wait_for("stage", lambda: answers(ports.panel), _READY_SECONDS)
    enroll_box(files, ports, session.room_id, session.room_name)
    start_room_brokers(programs, files, ports)
    start_box(programs, files, ports)
    give_passwords(files, ports, session.room_id, names)
    programs.start("caretaker", _own("provisioning", "attend", "--box", str(files.box)))
    start_devices(programs, files, ports, names)
    programs.start("bridge", _own("firmware_bridge", "run", "--settings", str(files.bridge_settings)))


def start_authority(programs: ChildPrograms, files: SchoolFiles, ports: SchoolPorts) -> None:
    """Start the provisioning authority."""
    programs.start("authority", _own("provisioning", "authority", "serve", "--settings", str(files.authority_settings)))
    programs.wait_for("authority", lambda: answers(ports.authority), _READY_SECONDS)


def bring_first_list(files: SchoolFiles) -> None:
    """The keeper brings the present revocation list, for a broker that is about to start. Raises PreparationError."""
    own_command("provisioning", "broker", "keep", "--once", "--settings", str(files.keeper_settings))


def start_broker(programs: ChildPrograms, files: SchoolFiles, ports: SchoolPorts) -> None:
    """Start Mosquitto with the generated configuration; it needs a revocation list (`bring_first_list`)."""
    programs.start("broker", [_mosquitto(), "-c", str(files.broker / "mosquitto.conf")])
    programs.wait_for("broker", lambda: answers(ports.broker), _READY_SECONDS)


def start_central(programs: ChildPrograms, files: SchoolFiles, ports: SchoolPorts) -> None:
    """Start central: ingest and pages."""
    programs.start("central", _own("central", "serve", "--settings", str(files.central_settings)))
    programs.wait_for("central", lambda: answers(ports.central), _READY_SECONDS)


def run_devices(files: SchoolFiles, ports: SchoolPorts, session: RehearsalSession) -> int:
    """Enter the room's devices and run them in software until SIGINT or SIGTERM. Raises ClassroomError."""
    stop, programs = ToldToEnd(), ChildPrograms(logs=files.logs)
    stop.listen()
    try:
        names = enter_devices(files, ports, session.room_id)
        give_passwords(files, ports, session.room_id, names)
        start_devices(programs, files, ports, names)
        stop.wait()
    finally:
        programs.stop()
    return 0


def start_devices(programs: ChildPrograms, files: SchoolFiles, ports: SchoolPorts, names: dict[str, str]) -> None:
    """Start the room's devices in software; the bridge finds each, or each the broker, when both are ready."""
    for device in soft_devices(ports):
        programs.start(device.name, soft_device_command(*device.words))
    for group in SPEAKERS:
        programs.start(group.name, soft_device_command(*group.words(files, ports, names)))


def soft_device_command(*words: str) -> list[str]:
    """The command line of a device in software."""
    return _own("provisioning", "soft-device", *words)


def start_room_brokers(programs: ChildPrograms, files: SchoolFiles, ports: SchoolPorts) -> None:
    """Start the room's own two Mosquittos with the configurations that enrolment wrote."""
    for name, configuration, port in (
        ("room-broker", ROOM_CONFIGURATION, ports.room_broker_own),
        ("guests-broker", GUEST_CONFIGURATION, ports.guests_own),
    ):
        programs.start(name, [_mosquitto(), "-c", str(files.box / "room-broker" / configuration)])
        programs.wait_for(name, partial(answers, port), _READY_SECONDS)


def start_box(programs: ChildPrograms, files: SchoolFiles, ports: SchoolPorts) -> None:
    """Start the room box with the proctor's screen."""
    programs.start("box", _own("edge", "run", "--settings", str(files.box_settings)))
    programs.wait_for("box", lambda: answers(ports.proctor), _READY_SECONDS)


def start_reader_service(programs: ChildPrograms, ports: SchoolPorts) -> None:
    """Use the machine's pcscd; where none runs (no systemd), start one, which needs root."""
    if answers(ports.reader) or _PCSCD_SOCKET.exists():
        return
    if os.geteuid() != 0:
        raise PreparationError("The card service is not running. Run: sudo systemctl enable --now pcscd.socket")
    _PCSCD_SOCKET.parent.mkdir(exist_ok=True)
    programs.start("pcscd", ["pcscd", "--foreground"])
    programs.wait_for("pcscd", lambda: answers(ports.reader), _READY_SECONDS)


def find_camera(ports: SchoolPorts) -> str:
    """The first attached USB camera, else the virtual one; a Pi has video devices that are no cameras."""
    attached = sorted(Path("/dev/v4l/by-id").glob("*-video-index0"))
    return str(attached[0]) if attached else f"http://127.0.0.1:{ports.camera}/stream"


def welcome(files: SchoolFiles, ports: SchoolPorts, session: RehearsalSession) -> str:
    """What is printed when the school is open: three addresses, their codes, how to stop."""
    return f"""
TRƯỜNG DIỄN TẬP ĐÃ MỞ · the rehearsal school is open ({session.name})

  Màn hình giám thị · proctor's screen   http://localhost:{ports.proctor}/
      mã phòng · door code               {session.door_code}
  Bảng diễn tập · rehearsal panel        http://localhost:{ports.panel}/
  Trung tâm · central                    http://localhost:{ports.central}/
{_sign_in_lines(files)}
  Dừng: Ctrl-C. Lần sau chạy lại giữ nguyên dữ liệu. · Ctrl-C stops; the next start keeps the data.
  Dữ liệu và nhật ký · data and logs: {files.state}
"""


def _sign_in_lines(files: SchoolFiles) -> str:
    """Fresh one-time codes as long as nobody chose a password; then central refuses, and none is needed."""
    accounts = (
        ("máy và thiết bị · IT staff", ("make-account", "kythuat", "--role", "it", "--name", "Kỹ thuật viên")),
        (
            "phòng học của trường · principal",
            ("make-account", "hieutruong", "--role", "principal", "--school", SCHOOL_ID, "--name", "Hiệu trưởng"),
        ),
        ("xem ngày thi · exam office", ("make-account", "hoidong", "--role", "exam-office", "--name", "Hội đồng thi")),
        ("lập tài khoản · accounts", ("make-account", "admin", "--role", "administrator")),
    )
    return "\n".join(f"      {purpose:<34}{_code(files, words)}" for purpose, words in accounts)


def _code(files: SchoolFiles, words: tuple[str, ...]) -> str:
    try:
        printed = central_command(files, *words)
    except PreparationError:
        return "mật khẩu đã đặt · the password you chose"
    login, code = (line.rsplit(": ", 1)[1] for line in printed.strip().splitlines())
    return f"{login}, mã một lần · one-time code {code}"


def _own(program: str, *words: str) -> list[str]:
    return [sys.executable, "-m", program, *words]


def _mosquitto() -> str:
    """Debian keeps it where an ordinary account does not look."""
    return "/usr/sbin/mosquitto"


def _say(text: str) -> None:
    print(text, flush=True)  # noqa: T201 - this is what a person who starts the rehearsal reads
