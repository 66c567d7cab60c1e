"""The whole way: a release is published at a real authority, and an enrolled box takes it over TLS 1.3."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from models.clock import SystemClock
from models.enrollment import BoxOrders, BoxReport, Done, WantedRelease
from models.roll_outs import RollOut, RollOutGroup, RollOutRequest, RollOuts, RollOutState
from models.wire.authority_line import RefusedByAuthorityError
from provisioning.updates import follow
from provisioning.updates.refusals import NotSignedError
from provisioning.updates.sources import NetworkSource
from tests.builders.enrolling_box import EnrollingBox
from tests.builders.releases import ReleaseBox, ReleaseHouse
from tests.builders.running_authority import ERRAND, near_authority


def test_a_roll_out_reaches_a_box_and_its_word_reaches_the_page(tmp_path: Path) -> None:
    clock, now = SystemClock(), datetime.now(UTC)
    releases = ReleaseHouse(tmp_path / "desk")
    releases.now = now
    target = releases.release_package("2.0").target
    with near_authority(tmp_path / "authority", clock) as house:
        house.settings.releases.symlink_to(releases.desk.repository)
        enrolled = EnrollingBox(house.address, tmp_path / "enrolled")
        enrolled.enroll(house.make_code().code)
        box = ReleaseBox(tmp_path / "box", releases.root, now)
        with house.central() as central, house.line(enrolled.folder) as line:
            everybody = (RollOutGroup(percent=100),)
            central.post("/v1/roll-outs", RollOutRequest(errand=ERRAND, target=target, groups=everybody), RollOut)
            orders = line.get("/v1/orders", BoxOrders)
            assert orders.wanted == WantedRelease(package=target)
            source = NetworkSource(line, clock)
            assert follow.follow(box.folder, orders.wanted, source, orders.now).restart
            follow.note_start(box.folder)
            follow.confirm(box.folder)
            (word,) = follow.follow(box.folder, orders.wanted, source, orders.now).words
            report = BoxReport(
                software="2.0",
                weights="",
                trust_list_version=1,
                room_devices_version=0,
                update_target=word.target,
                update_outcome=word.outcome,
            )
            line.post("/v1/reports", report, Done)
            told = central.get("/v1/roll-outs", RollOuts)
        assert told.roll_outs[0].state is RollOutState.DONE
        assert (told.roll_outs[0].groups[0].done, told.offers[0].target) == (1, target)


def test_strangers_get_no_file_and_a_box_believes_no_foreign_repository(tmp_path: Path) -> None:
    clock, now = SystemClock(), datetime.now(UTC)
    foreign, own = ReleaseHouse(tmp_path / "foreign"), ReleaseHouse(tmp_path / "own")
    foreign.now = own.now = now
    target = foreign.release("classroom-1.tar").target
    with near_authority(tmp_path / "authority", clock) as house:
        house.settings.releases.symlink_to(foreign.desk.repository)
        with house.stranger() as stranger, pytest.raises(RefusedByAuthorityError):
            b"".join(stranger.pieces("/v1/updates/metadata/timestamp.json"))
        enrolled = EnrollingBox(house.address, tmp_path / "enrolled")
        enrolled.enroll(house.make_code().code)
        box = ReleaseBox(tmp_path / "box", own.root, now)
        with house.line(enrolled.folder) as line:
            wanted = WantedRelease(package=target)
            (word,) = follow.follow(box.folder, wanted, NetworkSource(line, clock), now).words
    assert (word.outcome, word.sentence) == (follow.REFUSED, NotSignedError.sentence)
