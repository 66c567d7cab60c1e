"""Published releases over HTTP: whole files for a box, and no way out of their folder."""

from collections.abc import Iterator

import pytest

from models.clock import SystemClock
from models.enrollment import RefusalCode
from models.wire.authority_line import RefusedByAuthorityError
from tests.builders.enrolling_box import EnrollingBox
from tests.builders.running_authority import NearAuthority, near_authority


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NearAuthority]:
    with near_authority(tmp_path_factory.mktemp("authority"), SystemClock()) as near:
        yield near


@pytest.fixture(scope="module")
def box(house: NearAuthority, tmp_path_factory: pytest.TempPathFactory) -> EnrollingBox:
    one = EnrollingBox(house.address, tmp_path_factory.mktemp("box"))
    one.enroll(house.make_code().code)
    return one


RELEASES = {"metadata/timestamp.json": b"{}", "targets/box-2.tar.gz": bytes(3_000_000)}


@pytest.mark.parametrize("place", sorted(RELEASES))
def test_a_box_is_given_a_published_file(box: EnrollingBox, house: NearAuthority, place: str) -> None:
    file = house.settings.releases / place
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(RELEASES[place])
    with box.line() as line:
        assert line.fetch(f"/v1/updates/{place}", 4_000_000) == RELEASES[place]


@pytest.mark.parametrize(
    "place",
    [
        "metadata/../../keys/issuing.key",
        "metadata/..%2f..%2fkeys%2fissuing.key",
        "metadata/%2e%2e",
        "..%2fkeys/issuing.key",
        "keys/issuing.key",
        "metadata/%00",
        "metadata/.hidden",
    ],
)
def test_nothing_beside_the_published_files_is_given(box: EnrollingBox, place: str) -> None:
    with box.line() as line, pytest.raises(RefusedByAuthorityError) as refused:
        line.fetch(f"/v1/updates/{place}", 4_000_000)
    assert refused.value.refusal.code is RefusalCode.REQUEST_BROKEN
