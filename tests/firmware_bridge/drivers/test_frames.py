import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_bridge.drivers.frames import LONGEST_FRAME, FrameSplitter, FrameTooLongError, from_frame, to_frame

payloads = st.binary(min_size=1, max_size=LONGEST_FRAME - 3)


@given(st.lists(payloads, max_size=10), st.lists(st.integers(0, 300), max_size=10))
def test_payloads_come_out_as_they_went_in_however_the_stream_is_cut(sent: list[bytes], cuts: list[int]) -> None:
    stream = b"".join(map(to_frame, sent))
    splitter = FrameSplitter()
    got = []
    for size in cuts:
        got += splitter.take(stream[:size])
        stream = stream[size:]
    assert got + splitter.take(stream) == sent
    assert splitter.bad == 0


@given(payloads, st.data())
def test_one_changed_byte_is_always_found(payload: bytes, data: st.DataObject) -> None:
    frame = bytearray(to_frame(payload)[:-1])
    place = data.draw(st.integers(0, len(frame) - 1))
    frame[place] ^= 1 << data.draw(st.integers(0, 7))
    assert from_frame(bytes(frame)) is None or from_frame(bytes(frame)) == payload


@given(st.binary(max_size=300), payloads)
def test_after_rubbish_the_next_frame_behind_a_00_is_read(rubbish: bytes, payload: bytes) -> None:
    assert FrameSplitter().take(rubbish + b"\0" + to_frame(payload))[-1] == payload


def test_longer_than_254_bytes_is_refused_and_nothing_of_it_is_kept() -> None:
    longest = to_frame(b"d" * (LONGEST_FRAME - 3))
    assert len(longest) == LONGEST_FRAME + 1
    splitter = FrameSplitter()
    assert splitter.take(longest) == [b"d" * (LONGEST_FRAME - 3)]
    splitter.take(b"\x01" * 100_000)
    splitter.take(b"\x01" * 100_000)
    assert splitter.bad == 1
    assert splitter.take(b"\0" + to_frame(b"P")) == [b"P"]
    with pytest.raises(FrameTooLongError):
        to_frame(b"d" * (LONGEST_FRAME - 2))


def test_lone_zeros_are_no_fault() -> None:
    splitter = FrameSplitter()
    assert splitter.take(b"\0\0\0" + to_frame(b"P") + b"\0") == [b"P"]
    assert splitter.bad == 0
