"""What a box told as it is comes back as series of the last stretch, on each kind of database."""

from datetime import timedelta

from central.measuring import raw_readings
from central.measuring.raw_readings import RawSeries
from models.telemetry import RawValue, RawValues
from tests.builders.exams import SEVEN_O_CLOCK
from tests.builders.measuring_house import ONE, MeasuringHouse, SendingBox
from tests.builders.raw_told import tell_raw

LENGTH = timedelta(minutes=10)


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
