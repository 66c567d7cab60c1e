"""Which values are believed, and how a true jump comes through."""

from datetime import UTC, datetime, timedelta

import pytest

from edge.equipment_watch.believing import Belief, Believing
from models.measurements import MOST_APPS, Value
from models.room_messages import MOST_METRICS
from models.room_plan import CartLink, Link, MqttLink

SEVEN = datetime(2026, 6, 11, 0, 0, tzinfo=UTC)
NOTHING: frozenset[str] = frozenset()


@pytest.mark.parametrize(
    ("name", "value", "unit", "expected"),
    [
        ("temperature", 25.0, "", Belief.BELIEVED),
        ("temperature", -21.0, "", Belief.DOUBTED),
        ("temperature", "warm", "", Belief.DOUBTED),
        ("temperature", True, "", Belief.DOUBTED),
        ("power", "on", "", Belief.BELIEVED),
        ("power", "x" * 121, "", Belief.DOUBTED),
        ("door", True, "", Belief.BELIEVED),
        ("volume", 25.0, "", Belief.BELIEVED),
        ("mute", "on", "", Belief.BELIEVED),
        ("freeze", "off", "", Belief.BELIEVED),
        ("filter_hours", 120.0, "", Belief.BELIEVED),
        ("soil", 30.0, "%", Belief.BELIEVED),
        ("soil", 130.0, "%", Belief.DOUBTED),
        ("soil", 30.0, "", Belief.UNKNOWN),
        ("soil", "dry", "%", Belief.UNKNOWN),
        ("so\nil", 30.0, "%", Belief.UNKNOWN),
    ],
)
def test_first_values(name: str, value: Value, unit: str, expected: Belief) -> None:
    assert Believing().judge(name, value, SEVEN, unit, NOTHING) is expected


CART = CartLink(serial="1WMHH000000000", apps=("vn.edu.lab",))


@pytest.mark.parametrize(
    ("link", "name", "value", "expected"),
    [
        (CART, "app:vn.edu.lab", "2.4.1", Belief.BELIEVED),
        (CART, "app:vn.edu.lab", "none", Belief.BELIEVED),
        (CART, "app:vn.edu.of_the_settings", "1.0-beta+3", Belief.BELIEVED),
        (MqttLink(), "app:vn.edu.lab", "2.4.1", Belief.UNKNOWN),
        (None, "app:vn.edu.lab", "2.4.1", Belief.UNKNOWN),
        (CART, "app:vn.edu.lab", "x" * 41, Belief.UNKNOWN),
        (CART, "app:vn.edu.lab", "", Belief.UNKNOWN),
        (CART, "app:vn.edu.lab", "Nguyễn Văn A", Belief.UNKNOWN),
        (CART, "app:vn.edu.lab", "2.4.1\n", Belief.UNKNOWN),
        (CART, "app:vn.edu.lab", 2.0, Belief.UNKNOWN),
        (CART, "app:Nguyễn Văn A", "2.4.1", Belief.UNKNOWN),
        (CART, "app:lab\n.a", "2.4.1", Belief.UNKNOWN),
    ],
)
def test_versions_of_apps_come_of_headsets_in_the_cart_alone(
    link: Link | None, name: str, value: Value, expected: Belief
) -> None:
    assert Believing().judge_app(name, value, link) is expected


def test_beside_the_packages_of_the_plan_a_headset_has_at_most_ten() -> None:
    memory = Believing()
    beliefs = [memory.judge_app(f"app:vn.edu.invented{number}", "1", CART) for number in range(MOST_APPS + 5)]
    assert beliefs.count(Belief.BELIEVED) == MOST_APPS
    assert memory.judge_app("app:vn.edu.invented0", "2", CART) is Belief.BELIEVED
    assert memory.judge_app("app:vn.edu.lab", "2.4.1", CART) is Belief.BELIEVED


def test_a_jump_is_believed_at_the_second_such_value_and_a_lone_one_never() -> None:
    memory = Believing()
    values = [25.0, 45.0, 25.2, 45.0, 44.0, 44.5]
    beliefs = [
        memory.judge("temperature", value, SEVEN + timedelta(seconds=number), "", NOTHING)
        for number, value in enumerate(values)
    ]
    yes, no = Belief.BELIEVED, Belief.DOUBTED
    assert beliefs == [yes, no, yes, no, yes, yes]


def test_after_a_long_silence_another_value_is_no_jump() -> None:
    memory = Believing()
    memory.judge("temperature", 15.0, SEVEN, "", NOTHING)
    assert memory.judge("temperature", 35.0, SEVEN + timedelta(hours=1), "", NOTHING) is Belief.BELIEVED


def test_a_device_has_at_most_sixty_four_metrics() -> None:
    memory = Believing()
    names = [f"metric-{number}" for number in range(MOST_METRICS + 10)]
    beliefs = [memory.judge(name, 1.0, SEVEN, "", frozenset(names)) for name in names]
    assert beliefs.count(Belief.BELIEVED) == MOST_METRICS
