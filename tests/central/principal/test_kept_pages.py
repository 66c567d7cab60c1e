"""A page of the province is put together once in a while, each that is asked for by itself."""

from datetime import UTC, datetime, timedelta
from functools import partial

import msgspec

from central.principal.kept_pages import KeptPages

NOW = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
FRESH_FOR = timedelta(minutes=2)


class Page(msgspec.Struct, frozen=True, kw_only=True):
    as_of: datetime
    about: str = ""


def test_a_page_is_put_together_again_when_it_is_no_longer_fresh_or_comes_from_the_future() -> None:
    kept = KeptPages[Page](FRESH_FOR)
    asked = (NOW, NOW + FRESH_FOR - timedelta(seconds=1), NOW + FRESH_FOR, NOW)
    made = [kept.of("october", at, partial(Page, as_of=at)).as_of for at in asked]
    assert made == [NOW, NOW, NOW + FRESH_FOR, NOW]


def test_each_page_is_kept_by_itself() -> None:
    kept = KeptPages[Page](FRESH_FOR)
    for about in ("october", "november", "october"):
        assert kept.of(about, NOW, partial(Page, as_of=NOW, about=about)).about == about


def test_words_that_nobody_asks_twice_fill_no_memory() -> None:
    kept = KeptPages[Page](FRESH_FOR)
    for number in range(100):
        kept.of(number, NOW, lambda: Page(as_of=NOW))
    made = kept.of(0, NOW, lambda: Page(as_of=NOW, about="anew"))
    assert made.about == "anew"
