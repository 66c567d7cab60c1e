"""Topics go there and back, and a strange one is refused by name."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.errors import BadInputError
from models.identifiers import BoxId
from models.wire.topics import (
    DownLane,
    TopicError,
    UpLane,
    UpTopic,
    down_topic,
    everything_for,
    parse_down_topic,
    parse_up_topic,
    shard_of,
    up_topic,
)

box_ids = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_-]{0,62}", fullmatch=True).map(BoxId)


@given(box_ids, st.integers(min_value=0, max_value=9999), st.sampled_from(UpLane))
def test_a_box_topic_goes_there_and_back(box_id: BoxId, shard: int, lane: UpLane) -> None:
    assert parse_up_topic(up_topic(shard, box_id, lane)) == UpTopic(shard=shard, box_id=box_id, lane=lane)


@given(box_ids, st.sampled_from(DownLane))
def test_a_central_topic_goes_there_and_back_and_matches_the_box_filter(box_id: BoxId, lane: DownLane) -> None:
    topic = down_topic(box_id, lane)
    assert parse_down_topic(topic) == (box_id, lane)
    assert topic.startswith(everything_for(box_id)[:-1])


@given(st.text(max_size=40))
def test_any_other_text_is_refused_by_name(text: str) -> None:
    with pytest.raises(TopicError):
        parse_up_topic("up/x/" + text)
    with pytest.raises(TopicError):
        parse_down_topic("down/" + text + "/nothing")


@pytest.mark.parametrize("name", ["a/b", "a.b", "+", "#", "", "phòng", "$SYS", "a" * 64])
def test_a_name_that_is_no_topic_level_is_never_built_into_a_topic(name: str) -> None:
    with pytest.raises(BadInputError):
        up_topic(0, BoxId(name), UpLane.EVENTS)
    with pytest.raises(BadInputError):
        down_topic(BoxId(name), DownLane.ACK)


@given(box_ids, st.integers(min_value=1, max_value=64))
def test_a_box_has_one_shard_in_range(box_id: BoxId, shards: int) -> None:
    assert 0 <= shard_of(box_id, shards) < shards


def test_the_shard_of_a_box_never_changes() -> None:
    assert [shard_of(BoxId(f"box-{number}"), 16) for number in (101, 102, 103)] == [8, 8, 8]


def test_boxes_spread_over_the_shards() -> None:
    assert {shard_of(BoxId(f"box-{number}"), 8) for number in range(200)} == set(range(8))


def test_no_shards_is_refused() -> None:
    with pytest.raises(TopicError):
        shard_of(BoxId("box-1"), 0)
