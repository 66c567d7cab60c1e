"""What the answers to the read commands mean. Makers and Android versions differ: what is not understood is left out.

Sources: the documented forms of Android's `dumpsys` (5 to 14) and of toybox's and toolbox's `df`. No real headset was
at hand; what only one maker says is marked (unverified). Of what is in front the package's name alone is taken: no
titles, no addresses. No pattern goes beyond its line: the time must grow with what is said, not with its square. Pure.
"""

import re
from typing import Final

from models.measurements import Value

_PACKAGE: Final = r"([A-Za-z][A-Za-z0-9_]*(?:\.[A-Za-z0-9_]+)+)/"
_IN_FRONT: Final = tuple(
    re.compile(rf"^[ \t]*{word}[:=][ \t]*(?:ActivityRecord\{{\S+ u\d+ {_PACKAGE}|(null))", re.MULTILINE)
    for word in ("topResumedActivity", "mResumedActivity", "ResumedActivity", "mFocusedActivity")
)
_BATTERY_LINE: Final = re.compile(
    r"^[ \t]*([A-Za-z]+(?: [A-Za-z]+)*)[ \t]*: *(-?\d+|true|false)[ \t\r]*$", re.MULTILINE
)
_BLOCKS: Final = re.compile(r"\s(\d+)\s+(\d+)\s+(-?\d{1,18})\s+\d+%\s+/")
_SIZES: Final = re.compile(r"\s[\d.]+[KMGT]?\s+[\d.]+[KMGT]?\s+([\d.]{1,18})([KMGT])\s+\d+%?(?:\s|$)")
_UNITS: Final = {"K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40}
_WAKEFULNESS: Final = re.compile(r"^[ \t]*mWakefulness(?:Raw)?=(\w+)", re.MULTILINE)
_AWAKE: Final = {"Awake": True, "Dreaming": True, "Dozing": False, "Asleep": False}
_MOUNTED: Final = re.compile(r"\bHEADSET_(UN)?MOUNTED\b")
_HEAT: Final = re.compile(r"Temperature\{mValue=(-?[\d.]+), mType=(\d+),")
_THROTTLED: Final = re.compile(r"^[ \t]*Thermal Status: (\d+)", re.MULTILINE)
_BATTERY_HEAT, _SKIN_HEAT = "2", "3"
_SEVERE: Final = 3
_CHARGING, _FULL = 2, 5
_HEALTHS: Final = {3: "temperature", 4: "battery", 5: "battery", 6: "battery"}
"""`BatteryManager.BATTERY_HEALTH_*`: overheat, dead, over voltage, unspecified failure."""

_NEXT_ENTRY: Final = re.compile(r"^[ \t]*(?:Package \[|Hidden system packages:)", re.MULTILINE)
_LONGEST_VERSION: Final = 40

Values = dict[str, Value]


def battery_values(said: str) -> tuple[Values, tuple[str, ...]]:
    """Of `dumpsys battery`: `battery`, `charging`, `device_temperature`, and faults."""
    lines = dict(_BATTERY_LINE.findall(said))
    values: Values = {}
    level, scale = _number(lines, "level"), _number(lines, "scale") or 100
    if level is not None and 0 <= level <= scale:
        values["battery"] = round(100 * level / scale, 1)
    status = _number(lines, "status")
    if status is not None:
        values["charging"] = status in (_CHARGING, _FULL)
    tenths = _number(lines, "temperature")
    if tenths is not None and -400 <= tenths <= 1500:
        values["device_temperature"] = tenths / 10
    fault = _HEALTHS.get(_number(lines, "health") or 0)
    return values, (fault,) if fault else ()


def storage_values(said: str) -> Values:
    """Of `df /sdcard`: `storage_free_megabytes` (millions of bytes); blocks of 1024 bytes, or sizes with a letter."""
    flat = " ".join(said.partition("\n")[2].split()) + " "
    if found := _BLOCKS.search(flat):
        free = int(found[3]) * (512 if "512-blocks" in said else 1024)
    elif found := _SIZES.search(flat):
        number = found[1]
        free = int(float(number) * _UNITS[found[2]]) if number.count(".") <= 1 and number != "." else -1
    else:
        return {}
    return {"storage_free_megabytes": round(free / 1_000_000)} if 0 <= free < 1 << 60 else {}


def power_values(said: str) -> Values:
    """Of `dumpsys power`: `screen`, and `worn` where the maker says it (unverified)."""
    values: Values = {}
    if (found := _WAKEFULNESS.search(said)) and found[1] in _AWAKE:
        values["screen"] = _AWAKE[found[1]]
    if found := _MOUNTED.search(said):
        values["worn"] = found[1] is None
    return values


def foreground_values(said: str) -> Values:
    """Of `dumpsys activity activities`: `foreground_app`, the package alone; "none" where it says so."""
    for form in _IN_FRONT:
        for package, nothing in form.findall(said):
            if package:
                return {"foreground_app": package[:100]}
            if nothing:
                return {"foreground_app": "none"}
    return {}


def heat_values(said: str) -> tuple[Values, tuple[str, ...]]:
    """Of `dumpsys thermalservice`: `device_temperature` (of the battery, else of the shell), and faults."""
    heats: dict[str, float] = {}
    for number, kind in _HEAT.findall(said):
        if number.count(".") <= 1 and any(letter.isdigit() for letter in number) and -40 <= float(number) <= 150:
            heats[kind] = float(number)
    heat = heats.get(_BATTERY_HEAT, heats.get(_SKIN_HEAT))
    throttled = _THROTTLED.search(said)
    faults = ("temperature",) if throttled and len(throttled[1]) < 4 and int(throttled[1]) >= _SEVERE else ()
    return ({} if heat is None else {"device_temperature": round(heat, 1)}), faults


def app_version(said: str, package: str) -> str | None:
    """Of `dumpsys package NAME`: the version's name, "none" when it is not installed, None when that is not clear.

    An updated app of the system is told twice; the first entry is the one that runs.
    """
    begin = re.search(rf"^[ \t]*Package \[{re.escape(package)}\]", said, re.MULTILINE)
    if begin is None:
        return "none" if f"Unable to find package: {package}" in said else None
    entry = _NEXT_ENTRY.split(said[begin.end() :], maxsplit=1)[0]
    if re.search(r"^[ \t]*User 0:.*\binstalled=false\b", entry, re.MULTILINE):
        return "none"
    found = re.search(r"^[ \t]*versionName=(\S+)", entry, re.MULTILINE)
    version = "".join(letter for letter in found[1] if letter.isprintable())[:_LONGEST_VERSION] if found else ""
    return version if version not in {"", "null"} else None


def name_plate(said: str) -> str:
    """Of `getprop`: one word; empty where the headset does not tell."""
    first = said.strip().partition("\n")[0].strip()
    return "".join(letter for letter in first if letter.isprintable())[:100]


def _number(lines: dict[str, str], name: str) -> int | None:
    word = lines.get(name, "")
    digits = word.removeprefix("-")
    return int(word) if digits.isascii() and digits.isdigit() and len(digits) < 10 else None
