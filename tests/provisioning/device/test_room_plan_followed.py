"""The caretaker follows the room's plan: at once, and whether or not the authority answers."""

import threading
from datetime import UTC, datetime
from pathlib import Path

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from models.identifiers import BoxId, RoomId
from models.room_plan import remember_version, sign_plan
from provisioning.device import room_broker_files, trust_store
from provisioning.device.box_folder import BoxFolder
from provisioning.device.caretaker import Caretaker
from tests.builders.box_enrollment import enroll_box
from tests.builders.room_plans import DEVICES, plan
from tests.builders.running_authority import near_authority
from tests.builders.until import until
from tests.fakes.manual_clock import ManualClock
from tests.fakes.remembering_house import RememberingHouse


def _box_with_a_central(folder: Path) -> tuple[BoxFolder, BoxId, Ed25519PrivateKey, ManualClock]:
    """An enrolled box, its name, central's key, and a clock; the authority is away by now."""
    clock, central = ManualClock(datetime.now(UTC)), Ed25519PrivateKey.generate()
    box = BoxFolder(path=folder / "box")
    with near_authority(folder / "authority", clock) as authority:
        box_id = enroll_box(box.path, authority.make_code(RoomId("A-101")).code, authority.address).box_id
    box.central_key.write_bytes(trust_store.public_pem(central.public_key().public_bytes_raw()))
    box.write_room(msgspec.structs.replace(box.read_room(), authority_address="localhost:1"))
    return box, box_id, central, clock


def test_a_new_plan_is_followed_at_once_also_while_the_authority_is_away(tmp_path: Path) -> None:
    box, box_id, central, clock = _box_with_a_central(tmp_path)
    rights = box.room_broker / "own.acl"

    def bridge_speaks_for(name: str) -> bool:
        return f"dev/{name}/tm" in rights.read_text("ascii")

    caretaker = Caretaker(box, RememberingHouse(clock), clock)
    thread = threading.Thread(target=caretaker.run)
    thread.start()
    try:
        for version, device in ((1, DEVICES[0]), (2, DEVICES[1])):
            signed = sign_plan(plan(version, devices=(device,), box_id=box_id), central)
            box.room_plan.write_bytes(msgspec.json.encode(signed))
            until(lambda name=device.device_id: bridge_speaks_for(name))  # type: ignore[misc]  # the name of this turn
        assert not bridge_speaks_for(DEVICES[0].device_id)
    finally:
        caretaker.stop()
        thread.join(30)
    assert caretaker.is_away


def test_a_plan_that_is_older_than_one_that_was_followed_is_set_aside(tmp_path: Path) -> None:
    box, box_id, central, _clock = _box_with_a_central(tmp_path)

    def holds(version: int) -> bool:
        signed = sign_plan(plan(version, devices=DEVICES[:version], box_id=box_id), central)
        box.room_plan.write_bytes(msgspec.json.encode(signed))
        return room_broker_files.held_plan(box) is not None

    assert holds(2)
    assert not holds(1), "the caretaker followed version 2"
    remember_version(tmp_path / "box" / "room-plan.version", box_id, 3)
    assert not holds(2), "the room agent followed version 3"
    assert holds(3)
