"""On both databases: a device is out once at a time, a label names one device, a day has one sighting of each."""

from datetime import date, timedelta
from typing import Any

import msgspec
import pytest
from sqlalchemy import event, text
from sqlalchemy.exc import IntegrityError

from central.database import Database
from central.registers import alert_recipients, device_loans, device_sightings
from central.registers.alert_recipients import RecipientError
from central.registers.device_loans import AlreadyOutError, LoanError
from central.registers.device_register import UnknownDeviceError, UnknownRoomError
from central.registers.device_sightings import Sighted
from tests.builders.exams import SEVEN_O_CLOCK
from tests.builders.places import DEED, FULL, add_device, build_places


@pytest.fixture
def places(store: Database) -> Database:
    with store.writing() as connection:
        build_places(connection)
    return store


def test_a_device_is_out_once_at_a_time(places: Database) -> None:
    with places.writing() as connection:
        device = add_device(connection)
        device_loans.lend(connection, device, "Lớp 7A", None, scope="DK", deed=DEED)
        with pytest.raises(AlreadyOutError):
            device_loans.lend(connection, device, "Lớp 7B", None, scope="DK", deed=DEED)
    row = {"device_id": device, "borrower": "x", "lent_at": SEVEN_O_CLOCK, "lent_by": "x"}
    with pytest.raises(IntegrityError), places.writing() as connection:
        connection.execute(device_loans.device_loans.insert().values(**row))
    with places.writing() as connection:
        device_loans.take_back(connection, device, scope="DK", deed=DEED)
        with pytest.raises(LoanError):
            device_loans.take_back(connection, device, scope="DK", deed=DEED)
        device_loans.lend(connection, device, "Lớp 7B", None, scope="DK", deed=DEED)
        assert [one.borrower for one in device_loans.loans_of(connection, device)] == ["Lớp 7B", "Lớp 7A"]


def test_what_is_due_first_stands_first_and_scope_holds(places: Database) -> None:
    days = {"SN-1": None, "SN-2": date(2026, 7, 1), "SN-3": date(2026, 6, 12)}
    with places.writing() as connection:
        for serial, day in days.items():
            device = add_device(connection, facts=msgspec.structs.replace(FULL, serial=serial))
            device_loans.lend(connection, device, serial, day, scope="DK", deed=DEED)
        with pytest.raises(UnknownDeviceError):
            device_loans.take_back(connection, device, scope="TP", deed=DEED)
        assert [one.borrower for one in device_loans.everything_out(connection, "DK")] == ["SN-3", "SN-2", "SN-1"]
        assert device_loans.everything_out(connection, "TP") == []
        assert len(device_loans.out_of_room(connection, "DK-101")) == 3


def test_a_label_that_could_be_two_devices_is_none(places: Database) -> None:
    with places.writing() as connection:
        first = add_device(connection)
        add_device(connection, facts=msgspec.structs.replace(FULL, maker="Samsung"))
        assert device_sightings.find_by_code(connection, "sn-1", None) is None
        found = device_sightings.find_by_code(connection, f"https://x.test/devices/{first}/", None)
        assert found is not None
        assert device_sightings.find_by_code(connection, " / ", None) is None


@pytest.mark.parametrize("number", ["TB-101", "Đ-07/A", "ÔNG-3"])
def test_a_label_is_read_in_any_case(places: Database, number: str) -> None:
    with places.writing() as connection:
        device = add_device(connection, facts=msgspec.structs.replace(FULL, inventory_number=number.replace("/", "-")))
        for written in (number.replace("/", "-"), f" {number.replace('/', '-')} "):
            found = device_sightings.find_by_code(connection, written, None)
            assert found is not None
            assert found.device_id == device


def test_a_label_is_found_by_indexes_not_by_looking_at_every_device(places: Database) -> None:
    with places.writing() as connection:
        add_device(connection)
    words: list[str] = []
    with places.reading() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SET LOCAL enable_seqscan = off"))

        def explain(_conn: object, cursor: Any, statement: str, values: Any, *_rest: object) -> None:
            if "lower" in statement and not statement.startswith("EXPLAIN"):
                how = "EXPLAIN QUERY PLAN " if connection.dialect.name == "sqlite" else "EXPLAIN "
                cursor.execute(how + statement, values)
                words.append(str(cursor.fetchall()))

        event.listen(connection, "before_cursor_execute", explain)
        device_sightings.find_by_code(connection, "SN-1", None)
    assert all(name in words[0] for name in ("ix_devices_lower_serial", "ix_devices_lower_inventory"))


def test_a_loan_is_forgotten_long_after_it_ended_and_one_that_lasts_never(places: Database) -> None:
    with places.writing() as connection:
        ended, lasting = (
            add_device(connection, facts=msgspec.structs.replace(FULL, serial=serial)) for serial in ("SN-1", "SN-2")
        )
        for device in (ended, lasting):
            device_loans.lend(connection, device, "Lớp 7A", None, scope="DK", deed=DEED)
        device_loans.take_back(connection, ended, scope="DK", deed=DEED)
        assert device_loans.forget_before(connection, DEED.at) == 0
        assert device_loans.forget_before(connection, DEED.at + timedelta(days=1)) == 1
        assert device_loans.forget_before(connection, DEED.at + timedelta(days=1)) == 0
        assert device_loans.loans_of(connection, ended) == []
        assert len(device_loans.loans_of(connection, lasting)) == 1


def test_a_day_has_one_sighting_of_each(places: Database) -> None:
    with places.writing() as connection:
        device = add_device(connection)
        said = [
            device_sightings.scan(connection, room, device, scope="DK", deed=DEED)[0]
            for room in ("DK-101", "DK-101", "DK-102")
        ]
        assert said == [Sighted.SEEN, Sighted.AGAIN, Sighted.FOREIGN]
        tomorrow = msgspec.structs.replace(DEED, at=DEED.at + timedelta(days=1))
        assert device_sightings.scan(connection, "DK-101", device, scope="DK", deed=tomorrow)[0] is Sighted.SEEN
        assert len(device_sightings.seen_in(connection, "DK-101", date(2026, 6, 11))) == 1
        last = device_sightings.last_seen(connection, device)
        assert last is not None
        assert last.day == date(2026, 6, 12)
        with pytest.raises(UnknownRoomError):
            device_sightings.scan(connection, "TP-201", device, scope="DK", deed=DEED)


def test_a_list_of_addresses_is_replaced_as_a_whole(places: Database) -> None:
    with places.writing() as connection:
        for emails in (["a@x.test", "b@x.test"], ["b@x.test", " c@x.test ", ""]):
            alert_recipients.set_recipients(connection, "DK", emails, scope="DK", deed=DEED)
        assert alert_recipients.recipients_of(connection, "DK") == ["b@x.test", "c@x.test"]
        for emails, scope in ((["x"], None), (["a@x.test"], "TP"), ([f"a{n}@x.test" for n in range(21)], None)):
            with pytest.raises(RecipientError):
                alert_recipients.set_recipients(connection, "DK", emails, scope=scope, deed=DEED)
        assert alert_recipients.every_recipient(connection) == {"DK": ["b@x.test", "c@x.test"]}
