"""Lines of a box's health: where they break, which value stays, how near a certificate's end is."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from central.it_office.box_sheet import Left, judge_certificate
from central.it_office.health_charts import HEIGHT, MEASURES, MOST_POINTS, WIDTH, draw_chart, draw_charts
from central.registers.box_health import HealthRow

NOW = datetime(2026, 6, 11, tzinfo=UTC)
TEMPERATURE = MEASURES[0]


def row(minutes_ago: float, celsius: float | None) -> HealthRow:
    return HealthRow(
        at=NOW - timedelta(minutes=minutes_ago),
        words="",
        waiting=0,
        uptime_seconds=None,
        temperature_celsius=celsius,
        load_percent=None,
        disk_free_megabytes=None,
        memory_free_megabytes=None,
        clock_off_seconds=None,
    )


def test_a_silence_leaves_a_hole_in_the_line() -> None:
    rows = [row(minutes, 50) for minutes in (200, 195, 190, 60, 55, 50)]
    chart = draw_chart(TEMPERATURE, rows, NOW - timedelta(days=1), NOW)
    assert chart is not None
    assert len(chart.lines) == 2


def test_what_is_never_told_has_no_chart() -> None:
    charts = draw_charts([row(5, 51.5)], NOW - timedelta(days=1), NOW)
    assert [chart.code for chart in charts] == ["temperature"]
    assert draw_charts([row(5, None)], NOW - timedelta(days=1), NOW) == []


@given(st.lists(st.tuples(st.floats(0, 10_080), st.floats(-20, 110)), min_size=1, max_size=400))
def test_every_line_stays_in_its_frame_and_the_hottest_moment_is_not_lost(told: list[tuple[float, float]]) -> None:
    rows = sorted((row(minutes, celsius) for minutes, celsius in told), key=lambda one: one.at)
    chart = draw_chart(TEMPERATURE, rows, NOW - timedelta(days=7), NOW)
    assert chart is not None
    assert len(chart.points) <= MOST_POINTS + 1
    assert chart.highest == max(celsius for _, celsius in told)
    for place in " ".join(chart.lines).split():
        x, y = (float(part) for part in place.split(","))
        assert 0 <= x <= WIDTH
        assert 0 <= y <= HEIGHT


@pytest.mark.parametrize(
    ("days", "left"),
    [
        (90, Left.FINE),
        (31, Left.FINE),
        (30, Left.SOON),
        (14, Left.SOONER),
        (7, Left.NOW),
        (0, Left.OVER),
        (-3, Left.OVER),
    ],
)
def test_p03_a_certificate_is_warned_of_at_thirty_fourteen_and_seven_days(days: int, left: Left) -> None:
    assert judge_certificate(NOW + timedelta(days=days), NOW).left is left
