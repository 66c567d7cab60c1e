"""The figures kept of each room are those of its devices, whatever was done to them, and by how many at once."""

import random
import threading
from collections import Counter

import msgspec
from sqlalchemy import Connection

from central.database import Database
from central.registers import device_register, device_search, equipment_counts, place_register
from central.registers.device_search import Wanted
from models.equipment import DeviceState, EquipmentKind
from tests.builders.places import DEED, FULL, add_device, build_places

ROOMS = ("DK-101", "DK-102", "TP-201")


def _kept(connection: Connection) -> dict[tuple[str, EquipmentKind], tuple[int, int]]:
    return {
        (room_id, count.kind): (count.held, count.complete)
        for room_id, counts in equipment_counts.count_rooms(connection, None).items()
        for count in counts
        if count.held
    }


def _counted(connection: Connection) -> dict[tuple[str, EquipmentKind], tuple[int, int]]:
    held, complete = Counter[tuple[str, EquipmentKind]](), Counter[tuple[str, EquipmentKind]]()
    for device in device_search.every_device(connection, Wanted(), None):
        if device.state is not DeviceState.RETIRED:
            held[device.room_id, device.kind] += 1
            complete[device.room_id, device.kind] += device.complete
    return {place: (count, complete[place]) for place, count in held.items()}


def test_after_any_deeds_the_figures_are_those_of_the_devices(store: Database) -> None:
    chance = random.Random(5)
    with store.writing() as connection:
        build_places(connection)
        names = [add_device(connection, room, msgspec.structs.replace(FULL, serial=room)) for room in ROOMS]
    for _ in range(40):
        name, room = chance.choice(names), chance.choice(ROOMS)
        kind, owner = chance.choice([EquipmentKind.TABLET, EquipmentKind.CAMERA]), chance.choice(["", "Trường"])
        state = chance.choice(list(DeviceState))
        with store.writing() as connection:
            device = device_register.find_device(connection, name, None)
            assert device is not None
            facts = msgspec.structs.replace(device, kind=kind, owner=owner)
            match chance.randrange(5):
                case 0:
                    device_register.change(connection, name, facts, scope=None, deed=DEED)
                case 1:
                    device_register.move(connection, name, room, "tủ", scope=None, deed=DEED)
                case 2:
                    device_register.set_state(connection, name, state, scope=None, deed=DEED)
                case 3:
                    device_register.correct(connection, name, facts, place=(room, state), scope=None, deed=DEED)
                case _:
                    place_register.expect(connection, room, {kind: chance.randrange(4)})
        with store.reading() as connection:
            assert _kept(connection) == _counted(connection)


def test_a_deed_that_was_taken_back_counts_nothing(store: Database) -> None:
    with store.writing() as connection:
        build_places(connection)
    with store.writing() as connection:
        try_out = connection.begin_nested()
        add_device(connection)
        assert _kept(connection) != {}
        try_out.rollback()
    with store.reading() as connection:
        assert _kept(connection) == {}


def test_people_who_fill_one_room_at_the_same_time_are_all_counted(store: Database) -> None:
    with store.writing() as connection:
        build_places(connection)
    together = threading.Barrier(4)

    def fill(person: int) -> None:
        together.wait(timeout=30)
        for number in range(5):
            with store.writing() as connection:
                add_device(connection, facts=msgspec.structs.replace(FULL, serial=f"{person}-{number}"))

    people = [threading.Thread(target=fill, args=(person,)) for person in range(4)]
    for one in people:
        one.start()
    for one in people:
        one.join(timeout=60)
    with store.reading() as connection:
        assert _kept(connection) == {("DK-101", EquipmentKind.TABLET): (20, 20)}


def test_a_school_and_the_province_add_up_what_is_due_room_by_room(store: Database) -> None:
    with store.writing() as connection:
        build_places(connection)
        for room in ROOMS:
            place_register.expect(connection, room, {EquipmentKind.TABLET: 2})
        many = [msgspec.structs.replace(FULL, serial=f"A{number}") for number in range(5)]
        device_register.add_devices(connection, "DK-101", many, scope=None, deed=DEED)
    with store.reading() as connection:
        schools = equipment_counts.count_schools(connection, None)
        assert {code: (one.due, one.held, one.percent) for code, one in schools.items()} == {
            "DK": (7, 5, 71),
            "TP": (2, 0, 0),
        }
        (tablets,) = equipment_counts.count_kinds(connection, None)
        assert (tablets.due, tablets.held, tablets.absent) == (9, 5, 4)
