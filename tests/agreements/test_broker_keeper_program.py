"""Row B08 with the real programs: authority, Mosquitto and keeper, each a process of its own."""

import time
from pathlib import Path

import pytest

from models.fleet import AuthorityStatus
from models.wire.broker_session import Refused
from tests.builders.kept_broker import kept_broker
from tests.builders.needed_programs import need
from tests.fakes.running_mosquitto import mosquitto_program


@pytest.fixture(autouse=True)
def _mosquitto() -> None:
    need("mosquitto", mosquitto_program())


@pytest.mark.timeout(300)
def test_b08_a_box_revoked_at_the_authority_is_cut_off_at_the_broker_and_the_others_stay(tmp_path: Path) -> None:
    with kept_broker(tmp_path, ask_every_seconds=0.5) as house:
        boxes = house.enroll(2)
        revoked, stays = (house.connect(box).wait_until_in() for box in boxes)
        house.revoke(boxes[0])
        assert revoked.seconds_until_out() < 60
        assert isinstance(revoked.next_state(), Refused), house.keeper_log.read_text()
        assert stays.states.empty()
        with house.authority.central() as central:
            end = time.monotonic() + 60
            while (status := central.get("/v1/status", AuthorityStatus)).broker_crl_number != status.crl_number:
                assert time.monotonic() < end, house.keeper_log.read_text()
                time.sleep(0.1)
        revoked.session.stop()
        stays.session.stop()
