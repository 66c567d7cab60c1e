"""Charts as SVG elements by pygal: drawn here, styled by the page's own sheet, without script or inline style.

pygal puts a style sheet and a script into each drawing, which the pages' content policy forbids: both are taken out.
What a chart shows stands in a table too (the caller's). Not here: which rows (`room_sheet`, `device_life`).
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from xml.etree import ElementTree as ET

import msgspec
import pygal

from models.clock import SCHOOL_ZONE

WIDTH: Final = 420
HEIGHT: Final = 190
FEW: Final = 3
"""So many values of a chart or fewer are dots too."""

_SVG: Final = "{http://www.w3.org/2000/svg}"
_LEFT_OUT: Final = frozenset(
    {f"{_SVG}style", f"{_SVG}script", "style", "script", "defs", f"{_SVG}defs", "title", "desc", f"{_SVG}desc"}
)
_OVERLAYS: Final = frozenset({"plot text-overlay", "plot tooltip-overlay"})
"""What pygal's script would fill; dots lie in the plain "plot overlay"."""

_SETTINGS: Final[dict[str, Any]] = {
    "width": WIDTH, "height": HEIGHT, "css": [], "js": [], "show_legend": False, "show_dots": False, "margin": 4,
    "margin_right": 16, "explicit_size": False, "no_prefix": True, "truncate_label": -1, "no_data_text": "",
    "max_scale": 5, "min_scale": 3,
}  # fmt: skip


class Spot(msgspec.Struct, frozen=True, kw_only=True):
    """One value of a line, None where nothing is known."""

    at: datetime
    value: float | None


def draw_line(
    spots: Sequence[Spot], starts_at: datetime, ends_at: datetime, say: Callable[[float], str], tick: timedelta
) -> str:
    """A line over time, with dots where a line would not be seen; `tick`: how far labels of the time stand apart."""
    labels = list(_ticks(starts_at, ends_at, tick))
    form = "%H:%M" if tick < timedelta(days=1) else "%d/%m"
    chart = pygal.XY(
        **_SETTINGS,
        xrange=(0.0, (ends_at - starts_at).total_seconds()),
        x_labels=[(at - starts_at).total_seconds() for at in labels],
        x_value_formatter=lambda seconds: (
            (starts_at + timedelta(seconds=seconds)).astimezone(SCHOOL_ZONE).strftime(form)
        ),
        value_formatter=say,
        show_x_guides=False,
    )
    chart.add("", _points(spots, starts_at), allow_interruptions=True)
    if dots := _points(unseen_in_a_line(spots), starts_at):
        chart.add("", dots, stroke=False, show_dots=True, dots_size=3)
    return _bare(chart)


def unseen_in_a_line(spots: Sequence[Spot]) -> list[Spot]:
    """Values that want a dot: all while there are few, else those with a hole or an end on either side."""
    told = [spot.value is not None for spot in spots]
    if sum(told) <= FEW:
        return [spot for spot in spots if spot.value is not None]
    around = [False, *told, False]
    return [spot for n, spot in enumerate(spots, 1) if around[n] and not around[n - 1] and not around[n + 1]]


def _points(spots: Sequence[Spot], starts_at: datetime) -> list[tuple[float, float | None]]:
    return [((spot.at - starts_at).total_seconds(), spot.value) for spot in spots]


def draw_bars(labels: Sequence[str], values: Sequence[float], say: Callable[[float], str]) -> str:
    """One bar for each label, from zero."""
    chart = pygal.Bar(**_SETTINGS, x_labels=list(labels), value_formatter=say, include_x_axis=True, spacing=2)
    chart.add("", list(values))
    return _bare(chart)


def _bare(chart: Any) -> str:
    """The drawing without script, style and tooltip, hidden from who reads aloud: the table says it better."""
    root: ET.Element = chart.render_tree()
    _strip(root)
    root.attrib.pop("id", None)
    root.set("aria-hidden", "true")
    root.set("preserveAspectRatio", "xMidYMid meet")
    return ET.tostring(root, encoding="unicode", method="html").replace("ns0:", "").replace(":ns0", "")


def _strip(element: ET.Element) -> None:
    for child in list(element):
        if not isinstance(child.tag, str) or child.tag in _LEFT_OUT or child.get("class", "") in _OVERLAYS:
            element.remove(child)
        else:
            child.attrib.pop("style", None)
            _strip(child)


def _ticks(starts_at: datetime, ends_at: datetime, step: timedelta) -> Sequence[datetime]:
    """Whole hours or midnights of the school's clock between both ends."""
    local = starts_at.astimezone(SCHOOL_ZONE)
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    count = int((ends_at - midnight) / step) + 1
    return [at for number in range(count) if starts_at <= (at := midnight + number * step) <= ends_at]
