from collections.abc import Iterator

import pytest

from firmware_bridge.displays.pjlink_search import FoundProjector, hear_found, search_projectors
from provisioning.rehearsal.soft_room.soft_pjlink_search import PjlinkSearchAnswer


@pytest.fixture
def port() -> Iterator[int]:
    projector = PjlinkSearchAnswer()
    yield projector.start()
    projector.stop()


def test_a_projector_answers_the_search(port: int) -> None:
    found = search_projectors(seconds=20, everyone="127.0.0.1", port=port, enough=1)
    assert found == (FoundProjector(host="127.0.0.1", hardware_address="00:26:ab:00:00:01"),)


@pytest.mark.parametrize(
    "answer",
    [b"", b"%2SRCH\r", b"%2ACKN=\r", b"%2ACKN=00:26:ab:00:00\r", b"%1ACKN=00:26:ab:00:00:01\r", b"\xff" * 250],
)
def test_what_is_no_answer_finds_nothing(answer: bytes) -> None:
    assert hear_found("127.0.0.1", answer) is None
