"""A value is seen in a chart, be it alone or between two holes."""

from datetime import UTC, datetime, timedelta

import pytest

from central.principal.drawn_charts import Spot, draw_line, unseen_in_a_line

BEGIN = datetime(2026, 11, 20, 1, 0, tzinfo=UTC)


def _spots(*values: float | None) -> list[Spot]:
    return [Spot(at=BEGIN + timedelta(minutes=10 * number), value=value) for number, value in enumerate(values)]


@pytest.mark.parametrize(
    ("values", "dots"),
    [
        ((21.0,), [21.0]),
        ((21.0, 22.0, 23.0), [21.0, 22.0, 23.0]),
        ((21.0, 22.0, 23.0, 24.0), []),
        ((21.0, None, 22.0, 23.0, 24.0, None, 25.0), [21.0, 25.0]),
        ((21.0, 22.0, None, 23.0, None, 24.0, 25.0), [23.0]),
        ((), []),
    ],
)
def test_dots_stand_where_a_line_would_show_nothing(values: tuple[float | None, ...], dots: list[float]) -> None:
    assert [spot.value for spot in unseen_in_a_line(_spots(*values))] == dots


@pytest.mark.parametrize(("values", "circles"), [((21.0,), 1), ((20.0, 21.0, 22.0, 23.0), 0)])
def test_a_dot_is_drawn_without_script_or_style(values: tuple[float, ...], circles: int) -> None:
    svg = draw_line(_spots(*values), BEGIN, BEGIN + timedelta(hours=1), lambda value: f"{value:g}", timedelta(hours=1))
    assert svg.count("<circle") == circles
    assert all(word not in svg for word in ("<style", "style=", "<script", "<desc"))
