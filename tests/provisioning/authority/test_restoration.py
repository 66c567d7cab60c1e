"""After a backup was put back: nothing that happened since lets anybody in, and no honest box is stranded."""

import sqlite3
from contextlib import closing
from datetime import timedelta

import pytest
from cryptography.x509 import load_pem_x509_certificate

from models.enrollment import BoxOrders, BoxState, CertificateRole, CodeKind, RefusalCode
from models.fleet import BoxRecord, KickRequest, RevocationRequest, Revocations, RoomDevicesRequest
from models.identifiers import RoomId
from provisioning.authority.caller import caller_of
from provisioning.authority.certificate_office import CertificateOffice, Wish
from provisioning.authority.key_files import read_keys
from provisioning.authority.restoration import restore
from tests.builders.enrolling_box import certificate_request
from tests.builders.founded_authority import ERRAND, EnrolledBox, FoundedAuthority, code_of, granted, new_key


def test_a_certificate_renewed_since_the_backup_is_taken_over_and_can_be_revoked(house: FoundedAuthority) -> None:
    box = house.enrolled()
    box.report()
    copy = house.back_up()
    house.clock.advance(days=61)
    box.certificate = granted(box.ask_renewal(new_key()))
    house.restored(copy)
    orders = house.authority.orders(box.caller)
    assert isinstance(orders, BoxOrders)
    assert not orders.renew_certificate
    assert house.record(box.box_id).serial == box.caller.serial_hex
    assert (box.box_id, "certificate taken over", box.box_id) in house.deeds()
    house.revoke(box.box_id)
    assert box.caller.serial_hex in house.revoked_serials()


def test_a_lost_certificate_of_a_box_that_is_out_goes_on_the_list_when_it_is_shown(house: FoundedAuthority) -> None:
    box = house.enrolled()
    copy = house.back_up()
    house.clock.advance(days=61)
    box.certificate = granted(box.ask_renewal(new_key()))
    house.restored(copy)
    house.revoke(box.box_id)
    assert box.caller.serial_hex not in house.revoked_serials()
    orders = house.authority.orders(box.caller)
    assert isinstance(orders, BoxOrders)
    assert orders.decommissioned
    assert box.caller.serial_hex in house.revoked_serials()


@pytest.mark.parametrize("days_after", [0.1, 20])
def test_a_certificate_made_with_our_key_after_the_restoring_is_nobodys(
    house: FoundedAuthority, days_after: float
) -> None:
    box = house.enrolled()
    house.restored(house.back_up())
    house.clock.advance(days=days_after)
    keys, now = read_keys(house.settings), house.clock.now()
    made = CertificateOffice(keys.issuing_key, keys.issuer, rehearsal=True).make(
        Wish(
            name=box.box_id,
            role=CertificateRole.BOX,
            public_key=new_key().public_key(),
            good_from=now - timedelta(hours=1),
            good_until=now + timedelta(days=90),
            room_id=RoomId("A-101"),
        )
    )
    assert code_of(house.authority.orders(caller_of(made))) is RefusalCode.CERTIFICATE_UNKNOWN


def test_a_box_enrolled_since_the_backup_is_told_to_enrol_again(house: FoundedAuthority) -> None:
    code = house.code("A-101", kind=CodeKind.PRINTED)
    copy = house.back_up()
    board = house.board()
    answer = house.ask(board, code)
    later = house.enrolled("A-102")
    house.restored(copy)
    assert code_of(house.ask(board, code)) is RefusalCode.CODE_LATE
    for certificate in (getattr(answer, "certificate", b""), later.certificate):
        refused = house.authority.orders(caller_of(load_pem_x509_certificate(certificate)))
        assert code_of(refused) is RefusalCode.BOX_UNKNOWN
        assert "enrol the box again" in getattr(refused, "sentence", "")


def test_a_box_that_only_central_knows_is_taken_out_by_its_word(house: FoundedAuthority) -> None:
    copy = house.back_up()
    box = house.enrolled()
    known = house.record(box.box_id)
    house.restored(copy)
    asked = RevocationRequest(errand=ERRAND, box_id=box.box_id)
    assert code_of(house.authority.revoke(house.central, asked)) is RefusalCode.BOX_UNKNOWN
    told = RevocationRequest(errand=ERRAND, box_id=box.box_id, known=known, serials=(box.caller.serial_hex,))
    record = house.authority.revoke(house.central, told)
    assert isinstance(record, BoxRecord)
    assert (record.state, record.room_id) == (BoxState.REVOKED, known.room_id)
    assert house.authority.revoke(house.central, told) == record
    assert box.caller.serial_hex in house.revoked_serials()
    kick = house.authority.kick(house.keeper, KickRequest(box_id=box.box_id, csr=certificate_request(new_key())))
    assert code_of(kick) is None
    orders = house.authority.orders(box.caller)
    assert isinstance(orders, BoxOrders)
    assert orders.decommissioned


def test_no_number_is_told_twice_also_when_the_same_backup_is_put_back_again(house: FoundedAuthority) -> None:
    box = house.enrolled()
    wish = RoomDevicesRequest(errand=ERRAND, room_id=RoomId("A-101"), names=("tablet",))
    house.authority.make_device_credentials(house.central, wish)
    copy = house.back_up()
    before = (0, 0, 0, 0)
    for _ in range(3):
        house.clock.advance(hours=1)
        box.report()
        house.authority.make_device_credentials(house.central, wish)
        house.revoke(house.enrolled("A-102").box_id)
        numbers = _numbers(house, box)
        assert all(new > old for new, old in zip(numbers, before, strict=True)), (numbers, before)
        before = numbers
        house.restored(copy)
        house.authority.orders(box.caller)


def _numbers(house: FoundedAuthority, box: EnrolledBox) -> tuple[int, int, int, int]:
    orders = house.authority.orders(box.caller)
    lists = house.authority.revocations(house.keeper)
    assert isinstance(orders, BoxOrders)
    assert isinstance(lists, Revocations)
    change = house.record(box.box_id).change
    return change, orders.trust_list_version, orders.room_devices_version, lists.number


def test_a_restoring_that_is_cut_off_leaves_the_register_as_it_was(house: FoundedAuthority) -> None:
    copy = house.back_up()
    with closing(sqlite3.connect(copy / "authority.db")) as backup, backup:
        backup.execute("CREATE TRIGGER cut BEFORE INSERT ON audit_log BEGIN SELECT RAISE(ABORT, 'cut off'); END")
    box = house.enrolled()
    house.authority.stop()
    for _ in range(2):
        with pytest.raises(sqlite3.IntegrityError, match="cut off"):
            restore(house.settings, copy, house.clock)
    house.again()
    assert house.record(box.box_id).state is BoxState.CERTIFIED
