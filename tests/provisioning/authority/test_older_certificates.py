"""A certificate ends when its successor is in use, not before: no answer that was lost locks a box out."""

from cryptography import x509

from models.enrollment import BoxOrders, RefusalCode
from models.fleet import Revocations
from models.wire.trust_list import SignedTrustList
from tests.builders.founded_authority import EnrolledBox, FoundedAuthority, code_of, granted, new_key


def _orders(box: EnrolledBox) -> object:
    return box.house.authority.orders(box.caller)


def _renewed(box: EnrolledBox) -> EnrolledBox:
    """The same box with its next certificate; `box` keeps the older one, as a thief would."""
    newer = EnrolledBox(box.house, box.board, box.answer)
    newer.key = new_key()
    newer.certificate = granted(box.ask_renewal(newer.key))
    return newer


def _revoked_serials(house: FoundedAuthority) -> set[str]:
    answer = house.authority.revocations(house.keeper)
    assert isinstance(answer, Revocations)
    return {format(one.serial_number, "x") for one in x509.load_pem_x509_crl(answer.crl)}


def test_an_older_certificate_renews_and_opens_nothing_once_the_newer_is_in_use(house: FoundedAuthority) -> None:
    older = house.enrolled()
    newer = _renewed(older)
    newer.report()
    assert isinstance(_orders(newer), BoxOrders)
    assert code_of(older.ask_renewal(new_key())) is RefusalCode.CERTIFICATE_UNKNOWN
    assert code_of(_orders(older)) is RefusalCode.CERTIFICATE_UNKNOWN
    assert code_of(newer.ask_renewal(new_key())) is None
    assert _revoked_serials(house) == {older.caller.serial_hex}
    assert (older.box_id, "older certificate revoked", older.box_id) in house.deeds()


def test_a_box_whose_answers_were_lost_goes_on_with_its_older_certificate(house: FoundedAuthority) -> None:
    older = house.enrolled()
    lost = _renewed(older)
    lost.report()
    house.clock.advance(days=3)
    again = _renewed(older)
    assert isinstance(_orders(again), BoxOrders)
    assert code_of(lost.report()) is RefusalCode.CERTIFICATE_UNKNOWN
    assert house.record(older.box_id).serial == again.caller.serial_hex


def test_what_is_in_use_is_revoked_once_however_often_it_asks(house: FoundedAuthority) -> None:
    newer = _renewed(house.enrolled())
    for _ in range(3):
        _orders(newer)
    assert [action for _, action, _ in house.deeds()].count("older certificate revoked") == 1


def test_an_exam_certificate_stands_beside_the_operating_one(house: FoundedAuthority) -> None:
    box = house.enrolled()
    house.set_exam("TN-2026", 1, 2, "A-101")
    exam = EnrolledBox(house, box.board, box.answer)
    exam.certificate = granted(box.ask_for_exam("TN-2026", new_key()))
    newer = _renewed(box)
    for asking in (exam, box, newer, exam, newer):
        assert isinstance(_orders(asking), BoxOrders)
    assert _revoked_serials(house) == {box.caller.serial_hex}


def test_a_renewal_makes_no_other_school_fetch_a_trust_list(house: FoundedAuthority) -> None:
    box = house.enrolled()
    newer = _renewed(box)
    before = house.authority.trust_list(newer.caller)
    _orders(newer)
    assert isinstance(before, SignedTrustList)
    assert house.authority.trust_list(newer.caller) == before
    house.again()
    answer = house.authority.trust_list(newer.caller)
    assert isinstance(answer, SignedTrustList)
    assert box.caller.serial_hex.encode() not in answer.body
