"""One sender that speaks too fast loses its own words and nobody else's."""

from datetime import UTC, datetime

import pytest

from edge.equipment_watch.flood_gate import (
    MOST_GUEST_BYTES,
    MOST_GUESTS,
    MOST_SENDERS,
    MOST_WAITING,
    PER_TURN,
    Arrived,
    FloodGate,
)

SEVEN = datetime(2026, 6, 11, 0, 0, tzinfo=UTC)


def message(topic: str, payload: bytes = b"x") -> Arrived:
    return Arrived(topic, payload, SEVEN, kept=False)


def test_a_flood_takes_its_turn_and_the_others_lose_nothing() -> None:
    gate = FloodGate()
    let_in = [gate.put(message("dev/loud/tm", b"%d" % number)) for number in range(5000)]
    assert let_in.count(True) == MOST_WAITING
    assert gate.put(message("dev/quiet/tm"))
    first = list(gate.take())
    assert [one.payload for one in first[:PER_TURN]] == [b"%d" % number for number in range(PER_TURN)]
    assert first[PER_TURN].topic == "dev/quiet/tm"
    taken = len(first)
    while gate.waits:
        taken += len(list(gate.take()))
    assert taken == MOST_WAITING + 1
    assert gate.dropped() == {"dev/loud": 5000 - MOST_WAITING}
    assert gate.dropped() == {}


def test_each_thing_that_is_discovered_is_a_sender_of_its_own() -> None:
    gate = FloodGate()
    for number in range(MOST_WAITING + 1):
        assert gate.put(message(f"homeassistant/sensor/thing{number}/config"))


def test_neither_senders_nor_bytes_are_without_end() -> None:
    gate = FloodGate()
    assert all(gate.put(message(f"dev/{number}/tm")) for number in range(MOST_SENDERS))
    assert not gate.put(message("dev/one-more/tm"))
    gate.clear()
    large = MOST_GUEST_BYTES // 50
    assert [gate.put(message("guests/a/b/c", bytes(large))) for _ in range(60)].count(True) == 50
    while gate.waits:
        list(gate.take())
    assert gate.put(message("guests/a/b/c", bytes(large)))


def _fill_with_guests(gate: FloodGate, payload: bytes) -> None:
    for number in range(MOST_GUESTS):
        for part in range(2):
            gate.put(message(f"guests/homeassistant/switch/x{number}/{part}/config", payload))


@pytest.mark.parametrize("payload", [b"{}", bytes(16_000)], ids=["many", "large"])
def test_guests_cannot_fill_the_gate_for_the_room(payload: bytes) -> None:
    gate = FloodGate()
    assert gate.put(message("dev/dev-a/state"))
    _fill_with_guests(gate, payload)
    assert gate.put(message("dev/dev-a/state"))
    assert gate.put(message("dev/dev-b/state"))
    assert gate.put(message("freekiosk/t/state"))
    assert [one.topic for one, _ in zip(gate.take(), range(2), strict=False)] == ["dev/dev-a/state"] * 2
    gate.dropped()


def test_who_waits_already_is_heard_though_there_are_too_many_senders() -> None:
    gate = FloodGate()
    for number in range(MOST_SENDERS):
        assert gate.put(message(f"dev/{number}/tm"))
    assert gate.put(message("dev/0/state"))


def test_devices_that_say_much_leave_the_others_their_bytes() -> None:
    gate = FloodGate()
    for device in range(125):
        for _ in range(MOST_WAITING):
            gate.put(message(f"dev/{device}/tm", bytes(16_000)))
    assert gate.put(message("dev/one-more/state", bytes(16_000)))


def test_the_newest_word_of_every_topic_stays_though_its_sender_speaks_too_fast() -> None:
    gate = FloodGate()
    for number in range(2 * MOST_WAITING):
        gate.put(message("dev/a/tm", b"%d" % number))
    for topic in ("state", "online", "cmd/res"):
        gate.put(message(f"dev/a/{topic}", b"former"))
    for number in range(MOST_WAITING):
        gate.put(message("dev/a/tm", b"%d later" % number))
    gate.put(message("dev/a/online", b"last"))
    newest: dict[str, bytes] = {}
    while gate.waits:
        newest |= {one.topic: one.payload for one in gate.take()}
    assert newest == {
        "dev/a/tm": b"99 later", "dev/a/state": b"former", "dev/a/online": b"last", "dev/a/cmd/res": b"former"
    }  # fmt: skip


def test_whoever_stops_taking_leaves_the_rest_and_goes_on_with_those_who_waited() -> None:
    gate = FloodGate()
    for sender in ("dev/a/tm", "dev/b/tm"):
        for _ in range(3):
            gate.put(message(sender))
    taken = gate.take()
    assert next(taken).topic == "dev/a/tm"
    assert [one.topic for one in gate.take()] == ["dev/b/tm"] * 3 + ["dev/a/tm"] * 2


def test_a_guests_word_that_is_lost_whole_is_remembered_once() -> None:
    gate = FloodGate()
    _fill_with_guests(gate, b"{}")
    assert not gate.lost_a_guests_topic()
    gate.put(message("guests/homeassistant/sensor/one-more/config"))
    assert gate.lost_a_guests_topic()
    assert not gate.lost_a_guests_topic()
