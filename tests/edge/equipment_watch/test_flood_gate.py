"""One sender that speaks too fast loses its own words and nobody else's."""

from datetime import UTC, datetime

from edge.equipment_watch.flood_gate import MOST_BYTES, MOST_SENDERS, MOST_WAITING, PER_TURN, Arrived, FloodGate

SEVEN = datetime(2026, 6, 11, 0, 0, tzinfo=UTC)


def message(topic: str, payload: bytes = b"x") -> Arrived:
    return Arrived(topic, payload, SEVEN, kept=False)


def test_a_flood_takes_its_turn_and_the_others_lose_nothing() -> None:
    gate = FloodGate()
    let_in = [gate.put(message("dev/loud/tm", b"%d" % number)) for number in range(5000)]
    assert let_in.count(True) == MOST_WAITING
    assert gate.put(message("dev/quiet/tm"))
    first = gate.take()
    assert [one.payload for one in first[:PER_TURN]] == [b"%d" % number for number in range(PER_TURN)]
    assert first[PER_TURN].topic == "dev/quiet/tm"
    taken = len(first)
    while gate.waits:
        taken += len(gate.take())
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
    large = MOST_BYTES // 50
    assert [gate.put(message("dev/a/tm", bytes(large))) for _ in range(60)].count(True) == 50
    while gate.waits:
        gate.take()
    assert gate.put(message("dev/a/tm", bytes(large)))
