"""What a box told as it is: judged, stored apart, read as series of the last stretch; on each kind of database."""

from datetime import timedelta

import msgspec

from central.measuring import raw_readings, tables
from central.measuring.raw_readings import RawSeries
from models.telemetry import RawValue, RawValues
from tests.builders.exams import SEVEN_O_CLOCK
from tests.builders.measuring_house import ONE, TWO, MeasuringHouse, SendingBox
from tests.builders.raw_told import tell_raw

LENGTH = timedelta(minutes=10)


def _sent(house: MeasuringHouse, *rows: RawValues) -> SendingBox:
    box = SendingBox(ONE)
    box.keep(*rows)
    house.clock.advance(seconds=600)
    return box


def test_what_the_box_told_is_read_as_series_by_metric_oldest_first(house: MeasuringHouse) -> None:
    device, other = house.devices[ONE]
    at = [SEVEN_O_CLOCK + timedelta(seconds=second) for second in range(3)]
    values = (
        RawValue(metric="temperature", at=at[1], value=24.5, unit="Cel"),
        RawValue(metric="co2", at=at[1], value=800, unit="ppm"),
        RawValue(metric="temperature", at=at[0], value=24, unit="Cel"),
    )
    box = SendingBox(ONE)
    box.keep(RawValues(device=device, values=values, left_out=2), RawValues(device=other, values=values))
    box.keep(RawValues(device=device, values=(RawValue(metric="co2", at=at[2], value=801, unit="ppm"),), left_out=1))
    house.clock.advance(seconds=10)
    house.take(box.batch(1, 3))
    with house.measurements.reading() as connection:
        read = raw_readings.newest_stretch(connection, device, LENGTH, SEVEN_O_CLOCK)
    assert read is not None
    assert (read.newest_at, read.left_out) == (at[2], 3)
    assert read.series == (
        RawSeries(metric="co2", unit="ppm", readings=((at[1], 800.0), (at[2], 801.0))),
        RawSeries(metric="temperature", unit="Cel", readings=((at[0], 24.0), (at[1], 24.5))),
    )


def test_only_the_last_stretch_is_read_and_nothing_that_is_too_old(house: MeasuringHouse) -> None:
    device = house.devices[ONE][0]
    rows = [[("co2", 60.0 * ago, float(ago), "ppm")] for ago in (30, 15, 6)]
    late = [("co2", 17.0 * 60, 17.0, "ppm"), ("co2", 5.0 * 60, 5.0, "ppm")]
    with house.measurements.writing() as connection:
        tell_raw(connection, device, SEVEN_O_CLOCK, [*rows, late])
    with house.measurements.reading() as connection:
        read = raw_readings.newest_stretch(connection, device, LENGTH, SEVEN_O_CLOCK - timedelta(days=2))
        gone = raw_readings.newest_stretch(connection, device, LENGTH, SEVEN_O_CLOCK)
        nobody = raw_readings.newest_stretch(connection, "dev-other", LENGTH, SEVEN_O_CLOCK - timedelta(days=2))
    assert read is not None
    assert [value for _, value in read.series[0].readings] == [15.0, 6.0, 5.0]
    assert gone is nobody is None


def test_of_a_box_that_says_one_instant_for_ever_only_so_many_rows_are_read(house: MeasuringHouse) -> None:
    device, other = house.devices[ONE]
    endless = [[("co2", 60.0, float(number), "ppm")] for number in range(3 * raw_readings.MOST_ROWS)]
    honest = [[("co2", float(ago), 800.0, "ppm")] for ago in range(601)]
    with house.measurements.writing() as connection:
        tell_raw(connection, device, SEVEN_O_CLOCK, endless)
        tell_raw(connection, other, SEVEN_O_CLOCK, honest)
    with house.measurements.reading() as connection:
        flood = raw_readings.newest_stretch(connection, device, LENGTH, SEVEN_O_CLOCK - timedelta(days=2))
        whole = raw_readings.newest_stretch(connection, other, LENGTH, SEVEN_O_CLOCK - timedelta(days=2))
    assert flood is not None
    assert whole is not None
    assert (len(flood.series[0].readings), flood.is_cut) == (raw_readings.MOST_ROWS, True)
    assert (len(whole.series[0].readings), whole.is_cut) == (601, False)


def raw(device: str, *told: tuple[str, float], seconds: float = 0, left_out: int = 0) -> RawValues:
    at = SEVEN_O_CLOCK + timedelta(seconds=seconds)
    values = tuple(RawValue(metric=metric, at=at, value=value, unit="Cel") for metric, value in told)
    return RawValues(device=device, values=values, left_out=left_out)


def test_readings_as_they_are_lie_in_their_own_table_and_count_in_no_other(house: MeasuringHouse) -> None:
    board = house.devices[ONE][0]
    row = raw(board, ("temperature", 24.5), ("temperature", 24.75), left_out=3)
    house.take(_sent(house, row).batch(1, 1))
    at_ms = int(SEVEN_O_CLOCK.timestamp() * 1000)
    assert [
        (one["device_id"], one["at"], one["left_out"], one["readings"]) for one in house.rows(tables.raw_values)
    ] == [(board, SEVEN_O_CLOCK, 3, f'[["temperature",{at_ms},24.5,"Cel"],["temperature",{at_ms},24.75,"Cel"]]')]
    assert house.rows(tables.minutes) == house.rows(tables.hours) == house.rows(tables.latest) == []


def test_raw_readings_that_cannot_be_are_counted_and_hold_up_no_other(house: MeasuringHouse) -> None:
    board, elsewhere = house.devices[ONE][0], house.devices[TWO][0]
    good = raw(board, ("temperature", 24.5))
    eleven = msgspec.json.encode(raw(board, *[("temperature", 24.5)] * 11))
    none = msgspec.json.encode(msgspec.structs.replace(good, values=()))
    box = _sent(
        house,
        raw(board, ("temperature", 1e16)),
        raw(board, ("x" * 65, 1.0)),
        raw(board, ("temperature", 1.0), seconds=-801 * 86_400),
        raw(board, ("temperature", 1.0), left_out=1_000_000),
        raw(elsewhere, ("temperature", 1.0)),
    )
    box.rows += [eleven, none]
    box.keep(good)
    house.take(box.batch(1, 8))
    assert len(house.rows(tables.raw_values)) == 1
    assert [(row["held"], row["unreadable"], row["foreign"]) for row in house.rows(tables.marks)] == [(8, 6, 1)]
