"""The parts of a box joined: what a damaged store, missing weights or a foreign certificate do to its start."""

import gzip
import logging
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from edge.box_condition import CommandCame
from edge.settings import BrokerSettings, CameraSettings, RoomBrokerSettings, Settings, StationSettings
from edge.wiring import build_box
from models import VERSION
from models.errors import ClassroomError
from models.identifiers import BoxId
from models.wire.commands import Command, CommandName
from tests.builders.transport_pki import RehearsalPki, prepare

BOX = BoxId("box-101")


@pytest.fixture(scope="module")
def pki(tmp_path_factory: pytest.TempPathFactory) -> RehearsalPki:
    return prepare(tmp_path_factory.mktemp("pki"), (BOX,))


@pytest.fixture
def settings(tmp_path: Path, pki: RehearsalPki, free_port: int) -> Settings:
    return Settings(
        state=tmp_path / "state",
        chain_key=pki.chain_keys[BOX],
        central_key=pki.central_public_key,
        broker=BrokerSettings(
            host="localhost",
            port=1,
            authority=pki.authority,
            certificate=pki.boxes[BOX].certificate,
            key=pki.boxes[BOX].key,
        ),
        camera=CameraSettings(source="9", weights=tmp_path / "no weights"),
        station=StationSettings(port=free_port),
    )


def test_a_box_without_weights_reader_camera_and_network_starts_and_says_what_it_lacks(settings: Settings) -> None:
    box = build_box(settings)
    box.start()
    try:
        assert box.agent.condition.rehearsal, "the certificate says so"
        assert not box.agent.condition.online
        assert box.outbox.counts().waiting == 1, "the start itself is the first event"
    finally:
        box.stop()


def test_a_box_whose_rooms_broker_is_away_starts_and_keeps_its_plan(settings: Settings, tmp_path: Path) -> None:
    password = tmp_path / "edge.password"
    password.write_text("secret\n", encoding="ascii")
    room = RoomBrokerSettings(port=1, guest_port=1, password_file=password)
    box = build_box(msgspec.structs.replace(settings, room_broker=room, plan_file=tmp_path / "room-plan.json"))
    box.start()
    try:
        assert box.equipment is not None
        assert box.equipment.store.head() is not None
        assert box.plans.plan is None
    finally:
        box.stop()


def test_a_damaged_store_is_kept_for_it_and_the_box_begins_an_empty_one(settings: Settings) -> None:
    first = build_box(settings)
    first.start()
    first.stop()
    damaged = settings.state / "outbox.db"
    damaged.write_bytes(b"not a database" * 1000)
    again = build_box(settings)
    again.start()
    try:
        assert again.outbox.counts().waiting == 1
    finally:
        again.stop()
    kept = list(settings.state.glob("outbox.db.damaged-*"))
    assert any(path.read_bytes().startswith(b"not a database") for path in kept)


def test_a_box_with_anothers_chain_key_file_does_not_start(settings: Settings, tmp_path: Path) -> None:
    broken = Settings(
        state=settings.state,
        chain_key=tmp_path / "absent.key",
        central_key=settings.central_key,
        broker=settings.broker,
    )
    with pytest.raises(ClassroomError, match="Enrol the box again"):
        build_box(broken)


def test_a_restart_that_is_due_asks_whoever_runs_the_box(settings: Settings) -> None:
    asked = threading.Event()
    box = build_box(settings, asked.set)
    box.start()
    try:
        now = datetime.now(UTC)
        order = Command(
            command_id="1", box_id=BOX, name=CommandName.RESTART, issued_at=now, expires_at=now + timedelta(minutes=1)
        )
        box.agent._inbox.put(CommandCame(command=order, in_time=True))
        assert asked.wait(30)
    finally:
        box.stop()


def test_the_support_bundle_of_a_real_box_holds_no_key_no_path_and_no_name_from_the_log(settings: Settings) -> None:
    box = build_box(settings)
    box.start()
    try:
        logging.getLogger("edge.test").warning("Nguyễn Văn An 001208012345 K7MPQR2X came in")
        text = gzip.decompress(box.report.bundle()).decode()
    finally:
        box.stop()
    assert "came in" in text
    for word in ("Nguyễn", "001208012345", "K7MPQR2X", str(settings.state), "PRIVATE KEY"):
        assert word not in text
    assert "chain_key: there" in text
    assert f"software: {VERSION}" in text
