"""The preflight table: what this machine has for a room, what is missing, and what to do about it.

Pure judgement over what was measured (`machine_look`). A missing reader or camera stops no enrolment: the box can be
enrolled in the workshop and get its devices in the room.
"""

from collections.abc import Callable
from enum import StrEnum
from typing import Final

import msgspec

from models import BUILT_AT
from provisioning.device.machine_look import Machine

LEAST_DISK_MEGABYTES: Final = 2_000
TIGHT_DISK_MEGABYTES: Final = 8_000
LEAST_MEMORY_MEGABYTES: Final = 900
TIGHT_MEMORY_MEGABYTES: Final = 1_800
WARM_CELSIUS: Final = 70.0
HOT_CELSIUS: Final = 80.0
LEAST_PYTHON: Final = (3, 11)
LEAST_OPENSSL: Final = (3, 0)
LEAST_MOSQUITTO: Final = (2, 0, 11)


class Standing(StrEnum):
    """How a row stands."""

    OK = "ok"
    LOOK = "look"
    """Can be enrolled; somebody should look at it before the first exam."""
    STOPS = "stops enrolment"


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the table. `found` is what was measured; the sentences say what to do, empty when all is well."""

    name: str
    standing: Standing
    found: str
    vietnamese: str = ""
    english: str = ""


def judge_machine(machine: Machine) -> tuple[Row, ...]:
    """The table, always all rows in the same order."""
    return tuple(judge(machine) for judge in _CHECKS)


def stops_enrolment(rows: tuple[Row, ...]) -> bool:
    """Whether a row forbids to go on."""
    return any(row.standing is Standing.STOPS for row in rows)


def as_text(rows: tuple[Row, ...]) -> str:
    """The table for people: Vietnamese first, English below."""
    signs = {Standing.OK: "✓", Standing.LOOK: "!", Standing.STOPS: "✗"}
    lines = []
    for row in rows:
        lines.append(f" {signs[row.standing]} {row.name:12} {row.found}  [{row.standing}]")
        lines += [f"     {sentence}" for sentence in (row.vietnamese, row.english) if sentence]
    return "\n".join(lines) + "\n"


def _reader(machine: Machine) -> Row:
    name = "card reader"
    if machine.readers is None:
        return Row(
            name=name,
            standing=Standing.LOOK,
            found="pcscd does not answer",
            vietnamese="Dịch vụ đầu đọc thẻ (pcscd) không trả lời: chạy `sudo systemctl start pcscd`, rồi thử lại.",
            english="The card reader service does not answer: run `sudo systemctl start pcscd`, then look again.",
        )
    if machine.readers:
        return Row(name=name, standing=Standing.OK, found=", ".join(machine.readers))
    return Row(
        name=name,
        standing=Standing.LOOK,
        found=machine.refused_readers[0] if machine.refused_readers else "none",
        vietnamese="Không có đầu đọc thẻ dùng được: cắm đầu đọc đúng loại trong danh sách, hoặc đổi cổng USB.",
        english="No usable card reader: plug in a listed model, or try another USB port.",
    )


def _camera(machine: Machine) -> Row:
    if machine.camera:
        return Row(name="camera", standing=Standing.OK, found="gives pictures")
    return Row(
        name="camera",
        standing=Standing.LOOK,
        found="no picture",
        vietnamese="Camera không cho hình: kiểm tra cáp USB, cắm trực tiếp vào hộp, rồi kiểm tra lại.",
        english="The camera gives no picture: check its USB cable, plug it into the box itself, then look again.",
    )


def _clock(machine: Machine) -> Row:
    found = machine.now.strftime("%Y-%m-%d %H:%M UTC")
    if machine.now < BUILT_AT:
        return Row(
            name="clock",
            standing=Standing.STOPS,
            found=found,
            vietnamese="Đồng hồ sai (sớm hơn ngày của phần mềm này): nối mạng và chờ chrony, hoặc `sudo date -s`.",
            english="The clock is wrong (older than this software): connect the network, or set it with `date -s`.",
        )
    if machine.clock_synchronised:
        return Row(name="clock", standing=Standing.OK, found=f"{found}, follows a time server")
    return Row(
        name="clock",
        standing=Standing.LOOK,
        found=f"{found}, follows no time server",
        vietnamese="Đồng hồ chưa đồng bộ: kiểm tra `chronyc sources`; ngày giờ ở trên có đúng không?",
        english="The clock follows no server: look at `chronyc sources`; is the date above right?",
    )


def _disk(machine: Machine) -> Row:
    found = f"{machine.disk_free_megabytes / 1000:.1f} GB free"
    if machine.disk_free_megabytes >= TIGHT_DISK_MEGABYTES:
        return Row(name="disk", standing=Standing.OK, found=found)
    tight = machine.disk_free_megabytes >= LEAST_DISK_MEGABYTES
    return Row(
        name="disk",
        standing=Standing.LOOK if tight else Standing.STOPS,
        found=found,
        vietnamese="Thẻ nhớ sắp đầy: dùng thẻ 32 GB trở lên, hoặc xoá những gì không thuộc hộp này.",
        english="The card is nearly full: use one of 32 GB or more, or remove what does not belong on this box.",
    )


def _memory(machine: Machine) -> Row:
    if machine.memory_megabytes is None:
        return Row(name="memory", standing=Standing.OK, found="unknown")
    found = f"{machine.memory_megabytes / 1000:.1f} GB"
    if machine.memory_megabytes >= TIGHT_MEMORY_MEGABYTES:
        return Row(name="memory", standing=Standing.OK, found=found)
    enough = machine.memory_megabytes >= LEAST_MEMORY_MEGABYTES
    return Row(
        name="memory",
        standing=Standing.LOOK if enough else Standing.STOPS,
        found=found,
        vietnamese="Bộ nhớ ít: so khuôn mặt sẽ chậm. Dùng bo mạch có 2 GB trở lên.",
        english="Little memory: comparing faces will be slow. Use a board with 2 GB or more.",
    )


def _temperature(machine: Machine) -> Row:
    if machine.temperature_celsius is None:
        return Row(name="temperature", standing=Standing.OK, found="no sensor")
    found = f"{machine.temperature_celsius:.0f} °C"
    if machine.temperature_celsius < WARM_CELSIUS:
        return Row(name="temperature", standing=Standing.OK, found=found)
    hot = machine.temperature_celsius >= HOT_CELSIUS
    return Row(
        name="temperature",
        standing=Standing.LOOK,
        found=found,
        vietnamese="Hộp quá nóng và đang tự chạy chậm lại: để nơi thoáng, gắn tản nhiệt."
        if hot
        else "Hộp nóng: để nơi thoáng, tránh nắng.",
        english="The box is too hot and slows itself down: give it air and a heat sink."
        if hot
        else "The box is warm: give it air, keep it out of the sun.",
    )


def _network(machine: Machine) -> Row:
    match machine.authority_answers:
        case None:
            return Row(name="network", standing=Standing.OK, found="not tried (no --authority)")
        case True:
            return Row(name="network", standing=Standing.OK, found="the authority answers")
        case False:
            return Row(
                name="network",
                standing=Standing.STOPS,
                found="the authority does not answer",
                vietnamese="Không tới được máy cấp chứng thư: kiểm tra cáp mạng, địa chỉ, và tường lửa của trường.",
                english="The authority cannot be reached: check the cable, the address, and the school's firewall.",
            )


def _versions(machine: Machine) -> Row:
    mosquitto = ".".join(map(str, machine.mosquitto)) if machine.mosquitto else "missing"
    found = f"Python {_dotted(machine.python)}, OpenSSL {_dotted(machine.openssl)}, Mosquitto {mosquitto}"
    new_enough = (
        machine.python >= LEAST_PYTHON
        and machine.openssl >= LEAST_OPENSSL
        and (machine.mosquitto or ()) >= LEAST_MOSQUITTO
    )
    if new_enough:
        return Row(name="versions", standing=Standing.OK, found=found)
    return Row(
        name="versions",
        standing=Standing.STOPS,
        found=found,
        vietnamese="Phần mềm hệ thống quá cũ hoặc còn thiếu: chạy lại `sudo make install` (Debian 12 trở lên).",
        english="System software is missing or too old: run `sudo make install` again (Debian 12 or newer).",
    )


def _weights(machine: Machine) -> Row:
    if machine.weights:
        return Row(name="face weights", standing=Standing.OK, found="in place")
    return Row(
        name="face weights",
        standing=Standing.LOOK,
        found="missing",
        vietnamese="Thiếu trọng số khuôn mặt, hộp không so được mặt: `python -m provisioning install-weights`.",
        english="Without face weights no faces are compared: run `python -m provisioning install-weights`.",
    )


def _dotted(version: tuple[int, ...]) -> str:
    return ".".join(str(number) for number in version)


_CHECKS: Final[tuple[Callable[[Machine], Row], ...]] = (
    _reader, _camera, _clock, _disk, _memory, _temperature, _network, _versions, _weights,
)  # fmt: skip
