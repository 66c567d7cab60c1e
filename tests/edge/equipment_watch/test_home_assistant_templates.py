"""Templates: the few that are carried out give what Jinja gives, all others are refused."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2.sandbox import ImmutableSandboxedEnvironment

from edge.equipment_watch.home_assistant_templates import MISSING, Template, find, read_payload, read_template

DOCUMENT = {"a": {"b": 21.456, "c": [1, {"d": "5"}]}, "DS18B20-1": {"Temperature": "20.5"}, "on": True}
PAYLOAD = json.dumps(DOCUMENT).encode()


def _template(text: str) -> Template:
    template = read_template(text)
    assert template is not None
    return template


@pytest.mark.parametrize(
    "text",
    [
        "{{ value_json.a.b }}",
        "{{value_json.a.b}}",
        "{{- value_json['a']['b'] -}}",
        '{{ value_json["a"].b | round(1) }}',
        "{{ value_json.a.b | float | round(2) }}",
        "{{ value_json.a.b|int }}",
        "{{ value_json.a.c[0] }}",
        "{{ value_json.a.c[1].d | float(0) }}",
        "{{ value_json['DS18B20-1'].Temperature }}",
        "{{ value_json.on }}",
    ],
)
def test_what_is_carried_out_gives_what_jinja_gives(text: str) -> None:
    expected = ImmutableSandboxedEnvironment().from_string(text).render(value_json=DOCUMENT)
    assert str(find(_template(text), read_payload(PAYLOAD))) == expected


def test_the_whole_text() -> None:
    assert find(_template("{{ value }}"), read_payload(b"21.5")) == "21.5"
    assert find(_template("{{ value | int }}"), read_payload(b"21.5")) == 21


@pytest.mark.parametrize(
    "text",
    [
        "",
        "21",
        "{{ value_json }} x",
        "{{ value_json.a.b * 2 }}",
        "{{ value_json.a.b | default(5) }}",
        "{{ states('sensor.x') }}",
        "{% if value_json.a %}1{% endif %}",
        "{{ 'ON' if value_json.on else 'OFF' }}",
        "{{ value_json.a.b() }}",
        "{{ value_json['a' + 'b'] }}",
        "{{ value.__class__ }}",
        "{{ value_json['a\\'b'] }}",
        "{{ value_json.a | float | eval }}",
        "{{ " + "value_json" + ".a" * 200 + " }}",
    ],
)
def test_everything_else_is_refused(text: str) -> None:
    assert read_template(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "{{ value_json.x }}",
        "{{ value_json.a.x }}",
        "{{ value_json.a.b.c }}",
        "{{ value_json.a.c[7] }}",
        "{{ value_json.a | float }}",
        "{{ value_json.on | float(0) }}",
        "{{ value_json.values }}",
    ],
)
def test_what_is_missing_gives_nothing_instead_of_a_default(text: str) -> None:
    assert find(_template(text), read_payload(PAYLOAD)) is MISSING


@given(st.text(max_size=400))
def test_no_text_raises(text: str) -> None:
    read_template(text)
    read_template("{{" + text + "}}")


ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.just(10**400),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["a", "b", "c"]), inner, max_size=3),
    max_leaves=8,
)


@given(
    ANY_JSON,
    st.sampled_from(["value_json", "value_json.a", "value_json['a'].b", "value_json[0]", "value"]),
    st.lists(st.sampled_from(["float", "int", "round(3)", "round(-9)", "is_defined", "float(1)"]), max_size=3),
)
def test_no_payload_raises(document: object, path: str, filters: list[str]) -> None:
    template = _template("{{ " + " | ".join([path, *filters]) + " }}")
    find(template, read_payload(json.dumps(document).encode()))


@given(st.binary(max_size=100))
def test_no_bytes_raise(payload: bytes) -> None:
    find(_template("{{ value_json.a | float | int | round }}"), read_payload(payload))


def test_deep_json_is_no_json() -> None:
    assert read_payload(b"[" * 100_000).document is MISSING
