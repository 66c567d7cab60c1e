"""The province's month is added up once in two minutes, each month by itself."""

from datetime import UTC, datetime, timedelta
from functools import partial

from central.it_office.digital_record import digital_record
from central.principal.periods import Period, month_period
from central.principal.province_use import FRESH_FOR, ProvinceUse
from central.principal.utilisation import Utilisation

NOW = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)


def _page(period: Period, now: datetime) -> Utilisation:
    return Utilisation(as_of=now, period=period, school=None, kinds=(), record=digital_record([]), newest_word_at=None)


def test_a_page_is_put_together_again_when_it_is_no_longer_fresh() -> None:
    kept, month = ProvinceUse(), month_period(2026, 10, NOW)
    asked = (NOW, NOW + FRESH_FOR - timedelta(seconds=1), NOW + FRESH_FOR, NOW)
    made = [kept.of(month, at, partial(_page, month, at)).as_of for at in asked]
    assert made == [NOW, NOW, NOW + FRESH_FOR, NOW]


def test_each_month_is_kept_by_itself() -> None:
    kept = ProvinceUse()
    for number in (10, 11):
        month = month_period(2026, number, NOW)
        assert kept.of(month, NOW, partial(_page, month, NOW)).period == month
