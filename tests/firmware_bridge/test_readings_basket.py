"""Every reading that goes into the basket comes out once, in few messages that the room's broker takes."""

from hypothesis import given
from hypothesis import strategies as st

from firmware_bridge.readings_basket import MOST_HELD, MOST_IN_ONE, ReadingsBasket, payloads
from models.room_messages import LARGEST_BYTES, Batch, Entry, Integrity, decode_room

entries = st.builds(
    Entry,
    n=st.text(alphabet="abcÔé漢", min_size=1, max_size=64),
    x=st.integers(-1000, 1000).map(float) | st.text(max_size=200),
    t=st.integers(-5_000, 0),
)
batches = st.builds(
    Batch,
    bn=st.just("dev-1"),
    integrity=st.sampled_from(Integrity),
    bt=st.none() | st.just(1_760_000_000_000),
    e=st.lists(entries, min_size=1, max_size=400).map(tuple),
)


@given(st.lists(batches, max_size=6))
def test_all_comes_out_and_every_message_fits(put: list[Batch]) -> None:
    basket = ReadingsBasket()
    for number, batch in enumerate(put):
        basket.put(batch, number * 10)
    out = list(payloads(basket.empty(), 1_000))
    assert all(len(payload) <= LARGEST_BYTES for payload in out)
    told = [
        (batch.integrity, entry.n, entry.x)
        for payload in out
        for batch in [decode_room(payload, Batch)]
        for entry in batch.e
    ]
    said = [(batch.integrity, entry.n, entry.x) for batch in put for entry in batch.e]
    assert sorted(told, key=str) == sorted(said, key=str)
    assert len(basket) == 0


def test_readings_keep_their_moment_while_they_wait() -> None:
    basket = ReadingsBasket()
    basket.put(Batch(bn="dev-1", e=(Entry(n="light", x=1, t=-5),)), 100)
    basket.put(Batch(bn="dev-1", e=(Entry(n="light", x=2),)), 150)
    (payload,) = payloads(basket.empty(), 200)
    assert [entry.t for entry in decode_room(payload, Batch).e] == [-105, -50]


def test_a_thousand_readings_make_three_messages() -> None:
    basket = ReadingsBasket()
    for number in range(1_000):
        basket.put(Batch(bn="dev-1", e=(Entry(n="a0", x=float(number)),)), number // 10)
    assert len(list(payloads(basket.empty(), 200))) == -(-1_000 // MOST_IN_ONE)


def test_what_waits_too_long_makes_room_and_is_counted() -> None:
    basket = ReadingsBasket()
    for number in range(MOST_HELD // 100 + 3):
        basket.put(Batch(bn="dev-1", e=tuple(Entry(n="a0", x=float(number)) for _ in range(100))), 0)
    assert (len(basket), basket.dropped) == (MOST_HELD, 300)
