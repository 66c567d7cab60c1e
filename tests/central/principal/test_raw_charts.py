"""A drawing of many readings loses no peak; where nothing came, the line breaks."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from central.database import Database
from central.principal.raw_charts import MOST_CHARTS, MOST_ROWS, MOST_SPOTS, open_raw_charts, thinned
from tests.builders.exams import SEVEN_O_CLOCK
from tests.builders.raw_told import tell_raw


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=3 * MOST_SPOTS))
def test_thinned_readings_are_readings_in_order_with_the_same_extremes(values: list[float]) -> None:
    readings = [(SEVEN_O_CLOCK + timedelta(milliseconds=100 * number), value) for number, value in enumerate(values)]
    drawn = thinned(readings)
    assert len(drawn) <= MOST_SPOTS
    assert set(drawn) <= set(readings)
    assert drawn == sorted(drawn)
    assert (min(value for _, value in drawn), max(value for _, value in drawn)) == (min(values), max(values))
    if len(readings) <= MOST_SPOTS:
        assert drawn == readings


def test_ten_minutes_at_ten_a_second_are_one_drawing_with_the_newest_in_its_table(
    sqlite_measurements: Database,
) -> None:
    rows = [
        [("sound", second + tenth / 10, 40.0 + tenth, "dB") for tenth in range(10)] for second in range(599, -1, -1)
    ]
    with sqlite_measurements.writing() as connection:
        tell_raw(connection, "dev-1", SEVEN_O_CLOCK, rows)
    with sqlite_measurements.reading() as connection:
        opened = open_raw_charts(connection, "dev-1", SEVEN_O_CLOCK + timedelta(hours=5))
    assert opened is not None
    [chart] = opened.charts
    assert (chart.count, chart.lowest, chart.highest, chart.last) == (6000, 40.0, 49.0, (SEVEN_O_CLOCK, 40.0))
    assert len(chart.rows) == MOST_ROWS
    assert chart.rows[0] == chart.last
    assert opened.starts_at >= SEVEN_O_CLOCK - timedelta(minutes=10)
    assert len(chart.svg) < 40_000


def test_a_pause_breaks_the_line_and_metrics_beyond_the_first_are_counted(sqlite_measurements: Database) -> None:
    one_metric = [[("co2", float(second), 800.0, "ppm")] for second in (240, 239, 238, 237, 120, 119, 118, 117)]
    many = [[(f"m{number}", 1.0, 1.0, "")] for number in range(MOST_CHARTS)]
    with sqlite_measurements.writing() as connection:
        tell_raw(connection, "dev-1", SEVEN_O_CLOCK, one_metric)
        tell_raw(connection, "dev-2", SEVEN_O_CLOCK, [*one_metric, *many])
    with sqlite_measurements.reading() as connection:
        first, second = (open_raw_charts(connection, name, SEVEN_O_CLOCK) for name in ("dev-1", "dev-2"))
    assert first is not None
    assert second is not None
    assert first.charts[0].svg.count('class="line') >= 2
    assert (second.total, len(second.charts)) == (MOST_CHARTS + 1, MOST_CHARTS)
