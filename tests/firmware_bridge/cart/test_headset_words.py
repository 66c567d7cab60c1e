"""What the answers to the read commands mean: Quest, Pico, plain Android, old and new, and nonsense."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_bridge.cart.headset_words import (
    app_version,
    battery_values,
    foreground_values,
    heat_values,
    name_plate,
    power_values,
    storage_values,
)

BATTERY = """Current Battery Service state:
  AC powered: false
  USB powered: true
  Wireless powered: false
  Max charging current: 500000
  Charge counter: 3456000
  status: 2
  health: 2
  present: true
  level: 83
  scale: 100
  voltage: 4171
  temperature: 301
  technology: Li-ion
"""


def test_a_battery_says_its_level_its_heat_and_whether_it_fills() -> None:
    values, faults = battery_values(BATTERY)
    assert (values, faults) == ({"battery": 83.0, "charging": True, "device_temperature": 30.1}, ())


def test_a_cable_that_gives_too_little_is_not_charging() -> None:
    """Powered by USB, and emptier each minute: what counts is what the battery does."""
    values, _ = battery_values(BATTERY.replace("status: 2", "status: 3"))
    assert values["charging"] is False


def test_a_full_battery_on_its_cable_counts_as_charging_and_another_scale_is_made_percent() -> None:
    said = BATTERY.replace("status: 2", "status: 5").replace("level: 83", "level: 128").replace("100\n", "255\n")
    values, _ = battery_values(said)
    assert values["charging"] is True
    assert values["battery"] == pytest.approx(50.2)


@pytest.mark.parametrize(("health", "faults"), [(2, ()), (3, ("temperature",)), (4, ("battery",)), (7, ())])
def test_a_battery_that_is_ill_is_a_fault(health: int, faults: tuple[str, ...]) -> None:
    assert battery_values(BATTERY.replace("health: 2", f"health: {health}"))[1] == faults


def test_figures_that_cannot_be_are_left_out() -> None:
    said = BATTERY.replace("level: 83", "level: 255").replace("temperature: 301", "temperature: -32768")
    assert battery_values(said)[0] == {"charging": True}


@pytest.mark.parametrize(
    "line",
    [
        "/dev/fuse      114319312 22334455  91984857  20% /storage/emulated\n",
        # carriage returns of a terminal, and a name so long that the line is folded
        "/dev/block/bootdevice/by-name/userdata\r\n  114319312 22334455  91984857  20% /data/media\r\n",
    ],
)
def test_free_storage_in_blocks(line: str) -> None:
    """As toybox says it (Android 6 and newer)."""
    assert storage_values("Filesystem     1K-blocks     Used Available Use% Mounted on\n" + line) == {
        "storage_free_megabytes": 94192
    }


def test_free_storage_of_an_old_toolbox_is_in_sizes() -> None:
    said = "Filesystem          Size     Used     Free   Blksize\n/sdcard            25.5G     3.1G    22.4G   4096\n"
    assert storage_values(said) == {"storage_free_megabytes": 24052}


@pytest.mark.parametrize("said", ["", "df: /sdcard: Permission denied\n", "Filesystem 1K-blocks\n/dev - - - -% /\n"])
def test_no_storage_is_no_figure(said: str) -> None:
    assert storage_values(said) == {}


@pytest.mark.parametrize(
    ("word", "screen"), [("Awake", True), ("Asleep", False), ("Dozing", False), ("Dreaming", True), ("Other", None)]
)
def test_awake_or_asleep(word: str, screen: object) -> None:
    said = f"POWER MANAGER (dumpsys power)\n  mDirty=0x0\n  mWakefulness={word}\n  mWakefulnessChanging=false\n"
    assert power_values(said).get("screen") is screen


def test_worn_is_said_only_where_the_maker_says_it() -> None:
    assert "worn" not in power_values("  mWakefulness=Awake\n")
    assert power_values("state: HEADSET_MOUNTED")["worn"] is True
    assert power_values("state: HEADSET_UNMOUNTED")["worn"] is False


@pytest.mark.parametrize(
    ("said", "app"),
    [
        ("    mResumedActivity: ActivityRecord{4d5f8a u0 com.oculus.vrshell/.MainActivity t4}\n", "com.oculus.vrshell"),
        (
            "  topResumedActivity=ActivityRecord{c1 u0 com.pico.streaming/com.x.A t9}\n",
            "com.pico.streaming",
        ),
        ("  ResumedActivity: ActivityRecord{fe u10 vn.edu.truong_a/.Lop t12}\n", "vn.edu.truong_a"),
        ("  mFocusedActivity: ActivityRecord{1b2 u0 com.android.launcher3/.Launcher t2}\n", "com.android.launcher3"),
        ("    mResumedActivity: null\n", "none"),
        ("    mResumedActivity: ActivityRecord{4d5f8a u0 not a package}\n", None),
    ],
)
def test_what_is_in_front_is_a_package_name_alone(said: str, app: str | None) -> None:
    assert foreground_values("ACTIVITY MANAGER ACTIVITIES\n" + said).get("foreground_app") == app


def test_nothing_of_an_activity_but_its_package_is_taken() -> None:
    said = (
        "  * Hist #0: ActivityRecord{4d u0 com.android.chrome/.Main t4}\n"
        "      Intent { act=android.intent.action.VIEW dat=https://example.org/private }\n"
        "  mResumedActivity: ActivityRecord{4d u0 com.android.chrome/.Main t4}\n"
    )
    assert foreground_values(said) == {"foreground_app": "com.android.chrome"}


def test_heat_is_that_of_the_battery_and_throttling_is_a_fault() -> None:
    said = (
        "Thermal Status: 0\nCached temperatures:\n"
        "\tTemperature{mValue=61.0, mType=0, mName=CPU0, mStatus=0}\n"
        "\tTemperature{mValue=38.6, mType=3, mName=skin, mStatus=0}\n"
        "\tTemperature{mValue=31.3, mType=2, mName=battery, mStatus=0}\n"
    )
    assert heat_values(said) == ({"device_temperature": 31.3}, ())
    assert heat_values(said.replace("mType=2", "mType=9")) == ({"device_temperature": 38.6}, ())
    assert heat_values(said.replace("Status: 0", "Status: 4"))[1] == ("temperature",)
    assert heat_values("Can't find service: thermalservice\n") == ({}, ())


def test_a_name_plate_is_one_line() -> None:
    assert name_plate("1WMHH000000000\r\n") == "1WMHH000000000"
    assert name_plate("\n") == ""


@pytest.mark.parametrize("filler", ["\n", "\r\n", " ", "level ", "9", "a.b"])
def test_a_headset_that_says_very_much_of_nothing_is_read_in_a_moment(filler: str) -> None:
    said = "Package [vn.edu.lab]\nmResumedActivity:\nlevel" + filler * 200_000
    began = time.process_time()
    battery_values(said)
    storage_values(said)
    power_values(said)
    foreground_values(said)
    heat_values(said)
    app_version(said, "vn.edu.lab")
    app_version(said, "vn.edu.other")
    assert time.process_time() - began < 10, "seconds of the processor; in the square of what is said: hours"


PIECES = st.sampled_from(
    (
        *(
            "level: ",
            "scale: 0",
            "temperature: ",
            "Temperature{mValue=",
            ", mType=2,",
            "mWakefulness=",
            "Thermal Status: ",
        ),
        *("mResumedActivity: ActivityRecord{x u0 ", "9" * 30, "1.2.3", "-", ".", "²", "\n", " ", " 5% /", "G ", "1"),
    )
)


@given(st.one_of(st.text(), st.lists(PIECES, max_size=20).map("".join)))
def test_whatever_a_headset_says_is_read_or_left_out(said: str) -> None:
    for values in (battery_values(said)[0], storage_values(said), power_values(said), heat_values(said)[0]):
        assert all(isinstance(value, bool | int | float) for value in values.values())
    assert all(len(str(value)) <= 100 for value in foreground_values(said).values())
    assert len(name_plate(said)) <= 100


@given(level=st.integers(0, 100), tenths=st.integers(-300, 900), filling=st.booleans())
def test_what_a_battery_says_comes_back(*, level: int, tenths: int, filling: bool) -> None:
    said = BATTERY.replace("level: 83", f"level: {level}").replace("temperature: 301", f"temperature: {tenths}")
    values, _ = battery_values(said.replace("status: 2", "status: 2" if filling else "status: 3"))
    assert values == {"battery": float(level), "charging": filling, "device_temperature": tenths / 10}


DUMP = """Activity Resolver Table:
      5d1c vn.edu.lab/.MainActivity filter 8a01
Packages:
  Package [vn.edu.lab.other] (1c2d3e4):
    versionName=9.9.9
  Package [vn.edu.lab] (2c2d3e4):
    versionCode=20401 minSdk=29 targetSdk=32
    versionName={version}
    User 0: ceDataInode=1234 installed={installed} hidden=false
Hidden system packages:
  Package [vn.edu.lab] (3c2d3e4):
    versionName=1.0.0
"""


@pytest.mark.parametrize(
    ("said", "version"),
    [
        (DUMP.format(version="2.4.1-beta", installed="true"), "2.4.1-beta"),
        (DUMP.format(version="2.4.1", installed="true").replace("\n", "\r\n"), "2.4.1"),
        (DUMP.format(version="2.4.1", installed="false"), "none"),
        (DUMP.format(version="null", installed="true"), None),
        (DUMP.format(version="7" * 80, installed="true"), "7" * 40),
        ("Dexopt state:\n  Unable to find package: vn.edu.lab\n", "none"),
        ("Permission Denial: can't dump\n", None),
        ("", None),
    ],
)
def test_the_version_of_an_app_is_that_of_its_own_running_entry(said: str, version: str | None) -> None:
    assert app_version(said, "vn.edu.lab") == version
