"""The bridge follows central's newest plan; an older one with a good signature is set aside."""

import logging
from pathlib import Path

import msgspec
import pytest

from firmware_bridge.plan_file import PlanFile
from models.identifiers import BoxId
from models.room_plan import sign_plan
from tests.builders.events import CENTRAL_KEY
from tests.builders.room_plans import plan

BOX = BoxId("box-101")


def lay(folder: Path, version: int) -> None:
    (folder / "room-plan.json").write_bytes(msgspec.json.encode(sign_plan(plan(version), CENTRAL_KEY)))


def file_in(folder: Path) -> PlanFile:
    return PlanFile(folder / "room-plan.json", CENTRAL_KEY.public_key(), BOX, folder / "mark")


def test_an_older_plan_is_set_aside_also_after_a_restart(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    lay(tmp_path, 3)
    assert file_in(tmp_path).changed() == plan(3)
    assert file_in(tmp_path).changed() == plan(3), "the same one is no older one"
    lay(tmp_path, 2)
    with caplog.at_level(logging.ERROR):
        assert file_in(tmp_path).changed() is None
    assert "set aside: version 3" in caplog.text
    lay(tmp_path, 4)
    assert file_in(tmp_path).changed() == plan(4)


def test_a_mark_of_another_box_or_one_that_cannot_be_read_counts_for_nothing(tmp_path: Path) -> None:
    lay(tmp_path, 3)
    for mark in (b"?", b'{"box_id":"box-102","version":9}'):
        (tmp_path / "mark").write_bytes(mark)
        assert file_in(tmp_path).changed() == plan(3)
