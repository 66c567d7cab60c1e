"""The room's devices in Home Assistant: what is announced, by whom it can be read, and when it is taken back."""

import json
from datetime import UTC, datetime

import msgspec
import pytest
from ha_mqtt_discoverable.sensors import BinarySensorInfo, SensorInfo
from hypothesis import given
from hypothesis import strategies as st
from jinja2.sandbox import ImmutableSandboxedEnvironment

from edge.equipment_watch.home_assistant_announce import AGAIN_MS, ANEW_MS, SETTLE_MS, Announcer, announcement
from edge.equipment_watch.home_assistant_config import read_announcement
from edge.equipment_watch.own_dialect import OwnDialect
from models.measurements import METRICS, Value
from models.room_messages import (
    LARGEST_BYTES,
    About,
    Batch,
    Entry,
    MetricAbout,
    Online,
    RoomMessage,
    State,
    encode_room,
)
from models.room_plan import RoomPlan
from models.wire.room_topics import RoomLane
from tests.builders.foreign_devices import GUESTS, PLUG, TABLET
from tests.builders.room_plans import BOARD, DEVICES, SENSOR, plan

NOW = datetime(2026, 11, 22, 7, 0, tzinfo=UTC)
JINJA = ImmutableSandboxedEnvironment()
ABOUT = About(
    maker="Trường", model="Trạm đo", firmware="1.4", metrics={"soil": MetricAbout(unit="%", title="Độ ẩm đất")}
)
READINGS = Batch(bn=SENSOR, e=(Entry(n="temperature", x=25.5), Entry(n="soil", x=40), Entry(n="temperature", x=26.0)))
BOARD_STATE = State(at=0, values={"power": "on", "hours": 1200.0, "door": False})


def _plan(*, announce: bool = True, without: str = "") -> RoomPlan:
    devices = tuple(one for one in (*DEVICES, *GUESTS, TABLET) if one.device_id != without)
    return msgspec.structs.replace(plan(devices=devices), announce=announce)


class Room:
    """An announcer and a broker that keeps what it says."""

    def __init__(self, followed: RoomPlan, kept: dict[str, bytes] | None = None) -> None:
        self.kept = {} if kept is None else kept
        self.now_ms = 1_000_000
        self.announcer = Announcer(followed)
        self.dialect = OwnDialect(followed)
        for topic, payload in self.kept.items():
            self.announcer.heard(topic, payload, (), self.now_ms)

    def hear(self, device: str, lane: str, message: RoomMessage) -> None:
        topic, payload = f"dev/{device}/{lane}", encode_room(message)
        self.announcer.heard(topic, payload, self.dialect.hear(topic, payload, NOW), self.now_ms)

    def due(self, after_ms: int = SETTLE_MS) -> list[str]:
        """The topics that are said now; the broker keeps them and says them back."""
        self.now_ms += after_ms
        said = self.announcer.due(self.now_ms)
        for word in said:
            assert word.retained
            self.kept[word.topic] = word.payload
            self.announcer.heard(word.topic, word.payload, (), self.now_ms)
        return [word.topic for word in said]

    def announced(self, device: str) -> dict[str, dict[str, str]]:
        words = json.loads(self.kept[f"homeassistant/device/{device}/config"])
        parts = words["cmps"]
        assert isinstance(parts, dict)
        return parts


def _room_in_use() -> Room:
    room = Room(_plan())
    room.hear(SENSOR, "about", ABOUT)
    room.hear(SENSOR, "tm", READINGS)
    room.hear(BOARD, "state", BOARD_STATE)
    return room


def test_each_device_of_ours_is_announced_once_after_it_has_spoken() -> None:
    room = _room_in_use()
    assert room.due(SETTLE_MS - 1) == []
    assert sorted(room.due(1)) == [f"homeassistant/device/{one}/config" for one in (BOARD, SENSOR)]
    room.hear(SENSOR, "tm", READINGS)
    assert room.due(AGAIN_MS) == []
    assert set(room.announced(SENSOR)) == {"temperature", "soil"}
    assert set(room.announced(BOARD)) == {"power", "hours", "door"}


def test_what_a_template_shows_of_our_messages_is_the_value() -> None:
    room = _room_in_use()
    room.due()
    shown = {}
    for device, lane, message in ((SENSOR, "tm", READINGS), (BOARD, "state", BOARD_STATE)):
        for name, part in room.announced(device).items():
            assert part["stat_t"] == f"dev/{device}/{lane}"
            shown[name] = JINJA.from_string(part["val_tpl"]).render(value_json=json.loads(encode_room(message)))
    assert shown == {"temperature": "26.0", "soil": "40", "power": "on", "hours": "1200.0", "door": "OFF"}


def test_a_message_without_the_metric_shows_nothing() -> None:
    room = _room_in_use()
    room.due()
    for device, message in ((SENSOR, Batch(bn=SENSOR, e=(Entry(n="light", x=1),))), (BOARD, State(at=0))):
        for part in room.announced(device).values():
            assert not JINJA.from_string(part["val_tpl"]).render(value_json=json.loads(encode_room(message)))


def test_whether_it_is_there_is_said_by_its_last_will_and_by_the_bridges() -> None:
    room = _room_in_use()
    room.due()
    for device, topics in ((SENSOR, [f"dev/{SENSOR}/online"]), (BOARD, [f"dev/{BOARD}/online", "bridge/online"])):
        words = json.loads(room.kept[f"homeassistant/device/{device}/config"])
        assert [place["t"] for place in words["avty"]] == topics
        template = JINJA.from_string(words["avty"][0]["val_tpl"])
        for on, shown in ((True, "online"), (False, "offline")):
            assert template.render(value_json=json.loads(encode_room(Online(on=on, session="s")))) == shown


def test_nothing_can_be_switched_by_it() -> None:
    room = _room_in_use()
    room.due()
    assert not any("cmd" in key for part in room.announced(BOARD).values() for key in part)


def test_another_program_knows_its_entities_and_so_does_our_own_reader() -> None:
    room = _room_in_use()
    room.due()
    for device in (SENSOR, BOARD):
        payload = room.kept[f"homeassistant/device/{device}/config"]
        for name, part in room.announced(device).items():
            info = BinarySensorInfo if part["p"] == "binary_sensor" else SensorInfo
            known = info.model_validate(
                {
                    "name": part["name"],
                    "unique_id": part["uniq_id"],
                    "device_class": part.get("dev_cla"),
                    "unit_of_measurement": part.get("unit_of_meas"),
                }
            )
            assert known.component == part["p"], name
        said = read_announcement("device", device, payload)
        assert not isinstance(said, str)
        assert said.device.name.endswith(device)


def test_a_new_metric_or_firmware_is_announced_again() -> None:
    room = _room_in_use()
    room.due()
    room.hear(SENSOR, "about", msgspec.structs.replace(ABOUT, firmware="1.5"))
    room.hear(SENSOR, "tm", Batch(bn=SENSOR, e=(Entry(n="light", x=300),)))
    assert room.due(AGAIN_MS) == [f"homeassistant/device/{SENSOR}/config"]
    assert "light" in room.announced(SENSOR)


def test_what_the_broker_did_not_take_is_said_again_and_all_of_it_every_hour() -> None:
    room = _room_in_use()
    room.now_ms += SETTLE_MS
    assert len(room.announcer.due(room.now_ms)) == 2
    assert room.announcer.due(room.now_ms + 1) == ()
    assert len(room.due(AGAIN_MS)) == 2
    assert room.due(AGAIN_MS) == []
    assert len(room.due(ANEW_MS)) == 2


@pytest.mark.parametrize("followed", [_plan(announce=False), _plan(without=SENSOR)], ids=["no more", "it left"])
def test_an_announcement_is_taken_back_when_the_plan_or_the_device_ends(followed: RoomPlan) -> None:
    before = _room_in_use()
    before.due()
    room = Room(followed, before.kept)
    room.hear(SENSOR, "tm", READINGS)
    assert f"homeassistant/device/{SENSOR}/config" in room.due()
    assert room.kept[f"homeassistant/device/{SENSOR}/config"] == b""
    assert room.due(AGAIN_MS) == []


def test_foreign_devices_and_kiosks_are_not_announced_a_second_time() -> None:
    room = Room(_plan())
    for device in (PLUG, TABLET.device_id):
        room.announcer.heard(f"dev/{device}/state", b"", (), room.now_ms)
    assert room.due() == []


def test_a_metric_whose_name_is_a_program_is_not_announced() -> None:
    room = Room(_plan())
    room.hear(SENSOR, "tm", Batch(bn=SENSOR, e=(Entry(n="x') }}{{ 7*7 }}", x=1), Entry(n="Ánh sáng", x=1))))
    assert room.due() == []


def test_a_device_with_very_many_metrics_still_fits_into_a_message() -> None:
    metrics = {f"metric_{'x' * 50}_{number}": (RoomLane.TELEMETRY, 1.0) for number in range(64)}
    (board,) = (one for one in DEVICES if one.device_id == BOARD)
    assert len(announcement(board, About(), metrics)) <= LARGEST_BYTES


VALUES = st.booleans() | st.floats(-1e6, 1e6) | st.sampled_from(["on", "off", "hdmi1"])


@given(st.dictionaries(st.sampled_from(sorted(METRICS)), VALUES, min_size=1, max_size=10))
def test_every_value_of_every_metric_comes_through(values: dict[str, Value]) -> None:
    (board,) = (one for one in DEVICES if one.device_id == BOARD)
    parts = json.loads(announcement(board, About(), {name: (RoomLane.STATE, x) for name, x in values.items()}))["cmps"]
    message = json.loads(encode_room(State(at=0, values=values)))
    for name, value in values.items():
        shown = JINJA.from_string(parts[name]["val_tpl"]).render(value_json=message)
        assert shown == (("ON" if value else "OFF") if isinstance(value, bool) else str(value))


def test_an_order_of_words_makes_no_other_bytes() -> None:
    first, second = _room_in_use(), Room(_plan())
    second.hear(BOARD, "state", BOARD_STATE)
    second.hear(SENSOR, "tm", READINGS)
    second.hear(SENSOR, "about", ABOUT)
    first.due()
    second.due()
    assert first.kept == second.kept
