"""The preflight table says in both languages what to do, and stops only what cannot go well."""

from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from provisioning.device.machine_look import Machine, look_at_machine
from provisioning.device.preflight import Row, Standing, as_text, judge_machine, stops_enrolment

READY = Machine(
    readers=("ACS ACR1252 00 00",),
    refused_readers=(),
    camera=True,
    now=datetime(2026, 12, 1, 7, tzinfo=UTC),
    clock_synchronised=True,
    disk_free_megabytes=20_000,
    memory_megabytes=4_000,
    temperature_celsius=45.0,
    authority_answers=True,
    python=(3, 11, 2),
    openssl=(3, 0, 17),
    mosquitto=(2, 0, 11),
    weights=True,
)


def _row(name: str, **changed: object) -> Row:
    (row,) = (row for row in judge_machine(msgspec.structs.replace(READY, **changed)) if row.name == name)
    return row


def test_a_machine_that_has_everything_may_be_enrolled() -> None:
    rows = judge_machine(READY)
    assert {row.standing for row in rows} == {Standing.OK}
    assert len(rows) == 9
    assert not stops_enrolment(rows)


@pytest.mark.parametrize(
    ("name", "changed"),
    [
        ("card reader", {"readers": ()}),
        ("card reader", {"readers": None}),
        ("camera", {"camera": False}),
        ("clock", {"clock_synchronised": False}),
        ("clock", {"clock_synchronised": None}),
        ("disk", {"disk_free_megabytes": 5_000}),
        ("memory", {"memory_megabytes": 1_000}),
        ("temperature", {"temperature_celsius": 71.0}),
        ("temperature", {"temperature_celsius": 85.0}),
        ("face weights", {"weights": False}),
    ],
)
def test_what_can_be_put_right_in_the_room_is_only_looked_at(name: str, changed: dict[str, object]) -> None:
    row = _row(name, **changed)
    assert row.standing is Standing.LOOK
    assert row.vietnamese
    assert row.english


@pytest.mark.parametrize(
    ("name", "changed"),
    [
        ("clock", {"now": datetime(1970, 1, 1, tzinfo=UTC)}),
        ("disk", {"disk_free_megabytes": 500}),
        ("memory", {"memory_megabytes": 512}),
        ("network", {"authority_answers": False}),
        ("versions", {"mosquitto": None}),
        ("versions", {"mosquitto": (1, 6, 12)}),
        ("versions", {"openssl": (1, 1, 1)}),
        ("versions", {"python": (3, 10, 9)}),
    ],
)
def test_what_cannot_go_well_stops_enrolment(name: str, changed: dict[str, object]) -> None:
    row = _row(name, **changed)
    assert row.standing is Standing.STOPS
    assert row.vietnamese
    assert row.english
    assert stops_enrolment(judge_machine(msgspec.structs.replace(READY, **changed)))


@given(
    disk=st.integers(0, 10**6),
    memory=st.none() | st.integers(0, 10**6),
    temperature=st.none() | st.floats(-40, 120),
    synchronised=st.none() | st.booleans(),
)
def test_every_row_that_is_not_ok_says_what_to_do(
    *, disk: int, memory: int | None, temperature: float | None, synchronised: bool | None
) -> None:
    machine = msgspec.structs.replace(
        READY,
        disk_free_megabytes=disk,
        memory_megabytes=memory,
        temperature_celsius=temperature,
        clock_synchronised=synchronised,
    )
    for row in judge_machine(machine):
        assert (row.standing is Standing.OK) == (not row.vietnamese) == (not row.english)


def test_this_machine_can_be_looked_at(tmp_path: Path) -> None:
    (tmp_path / "proc").mkdir()
    (tmp_path / "proc/meminfo").write_text("MemTotal:        3882516 kB\n")
    zone = tmp_path / "sys/class/thermal/thermal_zone0"
    zone.mkdir(parents=True)
    (zone / "temp").write_text("51234\n")
    machine = look_at_machine(tmp_path / "not yet made", "127.0.0.1:1", "/dev/video9", tmp_path)
    assert machine.memory_megabytes == 3975
    assert machine.temperature_celsius == pytest.approx(51.234)
    assert machine.authority_answers is False
    assert machine.camera is False
    assert machine.mosquitto is not None
    assert machine.mosquitto >= (2, 0, 11)
    assert "stops enrolment" in as_text(judge_machine(machine))
