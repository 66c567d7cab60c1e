from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_bridge.drivers.columns import Column, read_columns
from firmware_bridge.drivers.metric_names import in_its_unit, metric_of
from firmware_bridge.drivers.scaling import PLAIN, ScaleError, scale_of
from models.errors import SettingsError

decimals = st.decimals(-1000, 1000, allow_nan=False, places=4)


@given(st.integers(-(2**31), 2**32), decimals.filter(bool), decimals)
def test_a_scaled_number_is_the_nearest_float_to_the_true_one(raw: int, scale: Decimal, offset: Decimal) -> None:
    assert scale_of(str(scale), str(offset)).value(raw) == float(raw * Fraction(scale) + Fraction(offset))


@pytest.mark.parametrize(
    "words", [("x", "0"), ("0", "0"), ("inf", "0"), ("1", "nan"), ("1e99", "0"), ("1e-999999", "0")]
)
def test_a_scale_that_no_sensor_has_is_refused(words: tuple[str, str]) -> None:
    with pytest.raises(ScaleError):
        scale_of(*words)


def test_columns_by_place_and_by_name() -> None:
    columns = read_columns("temp,-,raw=lux::0.5:-3,hum")
    assert [column and column.name for column in columns.by_place] == ["temperature", None, "humidity"]
    assert columns.by_source == {"raw": Column("light", "lx", scale_of("0.5", "-3"), "raw")}
    assert read_columns("").by_place == ()


@pytest.mark.parametrize("text", ["temp:C:x", "temp:C:1:2:3", "a=", "=temp,:"])
def test_a_wrong_column_is_named(text: str) -> None:
    with pytest.raises(SettingsError, match=r"map"):
        read_columns(text)


@pytest.mark.parametrize(
    ("label", "metric"),
    [
        ("Nhiệt độ", "temperature"), ("NHIET_DO", "temperature"), ("Độ ẩm không khí", "humidity"), ("lux", "light"),
        ("DHT22_temp", "temperature"), ("BME280 pressure", "pressure"), ("Sensor 1 - Temp", "temperature"),
        ("đèn", "den"), ("CPU temp", "cpu_temp"), ("lost frames", "board_lost_frames"), ("pH", "ph"), ("", ""),
    ],
)  # fmt: skip
def test_names_become_metrics_only_where_they_mean_the_same(label: str, metric: str) -> None:
    assert metric_of(label) == metric


@pytest.mark.parametrize(
    ("label", "value", "unit", "expected"),
    [
        ("temp", 75.2, "F", ("temperature", 24.0, "Cel")),
        ("temp", 300.0, "K", ("temperature", 26.85, "Cel")),
        ("pressure", 101_325.0, "Pa", ("pressure", 1013.25, "hPa")),
        ("ec", 1.413, "mS/cm", ("ec", 1413.0, "uS/cm")),
        ("humidity", 9.0, "g", ("humidity_g", 9.0, "g")),
        ("", 420.0, "lux", ("light", 420.0, "lx")),
        ("speed", 3.0, "m/s", ("speed", 3.0, "m/s")),
    ],
)
def test_a_unit_behind_the_number_counts(label: str, value: float, unit: str, expected: tuple[str, float, str]) -> None:
    assert in_its_unit(label, value, unit)[:3] == expected


def test_no_scale_is_no_change() -> None:
    assert scale_of("1") == PLAIN
    assert PLAIN.value_of_float(0.1) == 0.1
