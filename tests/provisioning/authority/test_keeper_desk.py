"""B08, B09 at the authority: the list names who was taken out, a kick is for them, what is installed is seen."""

from datetime import timedelta
from typing import Any

import msgspec
import pytest
from cryptography import x509

from models.enrollment import CertificateRole, Done, RefusalCode
from models.fleet import AuthorityStatus, InstalledReport, KickRequest, Revocations
from models.identifiers import BoxId
from models.wire.box_certificate import box_id_of
from provisioning.authority.caller import Caller
from provisioning.authority.founding import take_out_program
from provisioning.authority.keeper_desk import MOST_KICKS_AN_HOUR
from tests.builders.enrolling_box import certificate_request
from tests.builders.founded_authority import FoundedAuthority, code_of, granted, new_key


def revocations(house: FoundedAuthority) -> Revocations:
    answer = house.authority.revocations(house.keeper)
    assert isinstance(answer, Revocations)
    return answer


def serials(listed: Revocations) -> set[str]:
    return {format(one.serial_number, "x") for one in x509.load_pem_x509_crl(listed.crl)}


def test_all_certificates_of_a_box_that_was_taken_out_are_on_the_list_at_once(house: FoundedAuthority) -> None:
    box, stays = house.enrolled("A-101"), house.enrolled("A-102")
    house.set_exam("TN-2026", 1, 2, "A-101")
    held = {box.caller.serial_hex}
    for pem in (granted(box.ask_renewal(new_key())), granted(box.ask_for_exam("TN-2026", new_key()))):
        held.add(format(x509.load_pem_x509_certificate(pem).serial_number, "x"))
    before = revocations(house)
    house.revoke(box.box_id)
    after = revocations(house)
    assert after.number == before.number + 1
    assert after.boxes == (box.box_id,)
    assert serials(after) == held
    assert stays.caller.serial_hex not in serials(after)
    number = x509.load_pem_x509_crl(after.crl).extensions.get_extension_for_class(x509.CRLNumber).value.crl_number
    assert number == after.number


def test_a_certificate_leaves_the_list_a_week_after_its_end(house: FoundedAuthority) -> None:
    box = house.enrolled()
    house.revoke(box.box_id)
    house.clock.advance(days=96)
    house.authority.tick()
    assert serials(revocations(house)) == {box.caller.serial_hex}
    house.clock.advance(days=1)
    house.authority.tick()
    assert serials(revocations(house)) == set()
    assert revocations(house).boxes == (box.box_id,)


def test_a_kick_is_two_minutes_in_the_name_of_a_revoked_box_alone(house: FoundedAuthority) -> None:
    box = house.enrolled()
    asked = KickRequest(box_id=box.box_id, csr=certificate_request(new_key()))
    assert code_of(house.authority.kick(house.keeper, asked)) is RefusalCode.NOT_ALLOWED
    house.revoke(box.box_id)
    pem = granted(house.authority.kick(house.keeper, asked))
    certificate = x509.load_pem_x509_certificate(pem)
    assert box_id_of(pem) == box.box_id
    assert certificate.not_valid_after_utc == house.clock.now() + timedelta(minutes=2)
    assert format(certificate.serial_number, "x") not in serials(revocations(house))
    unknown = KickRequest(box_id=BoxId("box-unknown"), csr=certificate_request(new_key()))
    assert code_of(house.authority.kick(house.keeper, unknown)) is RefusalCode.BOX_UNKNOWN
    assert code_of(house.authority.kick(house.keeper, asked)) is RefusalCode.KEY_SHARED


def test_a_keeper_cannot_fill_the_register_with_kick_certificates(house: FoundedAuthority) -> None:
    box = house.enrolled()
    house.revoke(box.box_id)

    def kick() -> RefusalCode | None:
        asked = KickRequest(box_id=box.box_id, csr=certificate_request(new_key()))
        return code_of(house.authority.kick(house.keeper, asked))

    assert [kick() for _ in range(MOST_KICKS_AN_HOUR + 1)] == [None] * MOST_KICKS_AN_HOUR + [RefusalCode.TOO_MANY_TRIES]
    house.clock.advance(hours=1)
    assert kick() is None


def test_a_list_number_that_no_register_holds_does_not_come_in() -> None:
    words = b'{"number":%d,"next_update":"2026-06-11T00:00:00Z","kicked":[]}'
    assert msgspec.json.decode(words % (2**63 - 1), type=InstalledReport).number == 2**63 - 1
    for number in (2**63, 10**400, -1):
        with pytest.raises(msgspec.ValidationError):
            msgspec.json.decode(words % number, type=InstalledReport)


def test_b09_what_the_broker_works_with_is_seen_before_it_runs_out(house: FoundedAuthority) -> None:
    def status() -> AuthorityStatus:
        answer = house.authority.status(house.central)
        assert isinstance(answer, AuthorityStatus)
        return answer

    assert status().broker_crl_number is None
    listed = revocations(house)
    report = InstalledReport(number=listed.number, next_update=listed.next_update, kicked=())
    assert isinstance(house.authority.note_installed(house.keeper, report), Done)
    seen = status()
    assert (seen.broker_crl_number, seen.broker_crl_next_update) == (listed.number, listed.next_update)
    assert seen.broker_crl_installed_at == house.clock.now()


def test_a_keepers_report_is_a_row_only_when_something_changed(house: FoundedAuthority) -> None:
    def told() -> list[tuple[str, str]]:
        return [(action, subject) for actor, action, subject in house.deeds() if actor == "broker-keeper"]

    taken_out, lives = house.enrolled("A-101"), house.enrolled("A-102")
    house.revoke(taken_out.box_id)
    listed = revocations(house)
    same = InstalledReport(number=listed.number, next_update=listed.next_update, kicked=())
    for _ in range(3):
        house.authority.note_installed(house.keeper, same)
    installed = ("revocation list installed", str(listed.number))
    assert told() == [installed]
    kicked = (taken_out.box_id, lives.box_id, BoxId("x" * 5000), taken_out.box_id)
    for _ in range(3):
        house.authority.note_installed(house.keeper, msgspec.structs.replace(same, kicked=kicked))
    assert told() == [installed, ("session ended", taken_out.box_id)]
    house.authority.note_installed(
        house.keeper, InstalledReport(number=listed.number + 1, next_update=listed.next_update, kicked=())
    )
    assert told()[2:] == [("revocation list installed", str(listed.number + 1))]


def test_connections_that_the_brokers_refused_are_seen_by_reason_also_after_a_restart(house: FoundedAuthority) -> None:
    second = house.program(CertificateRole.BROKER_KEEPER, "second-keeper")
    listed = revocations(house)

    def report(keeper: Caller, refused: dict[str, int]) -> object:
        words = InstalledReport(number=listed.number, next_update=listed.next_update, kicked=(), refused=refused)
        return house.authority.note_installed(keeper, words)

    assert isinstance(report(house.keeper, {"bad certificate": 3, "no certificate": 1}), Done)
    report(house.keeper, {"bad certificate": 5, "no certificate": 1})
    report(second, {"bad certificate": 2})
    house.again()
    answer = house.authority.status(house.central)
    assert isinstance(answer, AuthorityStatus)
    assert answer.broker_refused == {"bad certificate": 7, "no certificate": 1}
    for wrong in ({"x" * 65: 1}, {"bad certificate": -1}, {"bad certificate": 2**53}, {str(n): 1 for n in range(33)}):
        assert code_of(report(second, wrong)) is RefusalCode.REQUEST_BROKEN


def test_what_a_keeper_tells_of_its_broker_reaches_central_with_the_ends_of_the_programs_certificates(
    house: FoundedAuthority,
) -> None:
    now, listed = house.clock.now(), revocations(house)
    second = house.program(CertificateRole.BROKER_KEEPER, "second-keeper")

    def tell(keeper: Caller, **words: Any) -> AuthorityStatus:
        report = InstalledReport(number=listed.number, next_update=listed.next_update, kicked=(), **words)
        assert isinstance(house.authority.note_installed(keeper, report), Done)
        house.again()
        answer = house.authority.status(house.central)
        assert isinstance(answer, AuthorityStatus)
        return answer

    served = now + timedelta(days=9)
    one = tell(house.keeper, served_good_until=served, rights_checked_at=now, rights_wrong=1)
    assert (one.broker_rights_checked_at, one.broker_rights_wrong) == (now, 1)
    assert one.ends["broker-keeper: broker"] == served
    assert one.ends["broker-keeper"] > now
    assert one.ends["central"] > now
    both = tell(second, rights_wrong=2, foreign_filters={"box-1": now})
    assert (both.broker_rights_checked_at, both.broker_rights_wrong) == (None, 3), "one broker was never checked"
    assert both.broker_foreign_filters == {"box-1": now}


def test_a_keepers_instants_without_a_zone_are_refused(house: FoundedAuthority) -> None:
    listed, bare = revocations(house), house.clock.now().replace(tzinfo=None)
    for words in ({"served_good_until": bare}, {"rights_checked_at": bare}, {"foreign_filters": {"box-1": bare}}):
        report = InstalledReport(number=listed.number, next_update=listed.next_update, kicked=(), **words)
        assert code_of(house.authority.note_installed(house.keeper, report)) is RefusalCode.REQUEST_BROKEN


def _install(house: FoundedAuthority) -> AuthorityStatus:
    listed = revocations(house)
    report = InstalledReport(number=listed.number, next_update=listed.next_update, kicked=())
    assert house.authority.note_installed(house.keeper, report) == Done()
    status = house.authority.status(house.central)
    assert isinstance(status, AuthorityStatus)
    return status


def test_when_a_list_was_installed_stays_while_its_keeper_says_the_same(house: FoundedAuthority) -> None:
    first = _install(house).broker_crl_installed_at
    house.clock.advance(hours=1)
    assert _install(house).broker_crl_installed_at == first
    house.clock.advance(days=1)
    house.authority.tick()
    assert _install(house).broker_crl_installed_at == house.clock.now()


def test_a_keeper_that_was_taken_out_is_waited_for_no_more(house: FoundedAuthority) -> None:
    assert _install(house).broker_crl_number is not None
    take_out_program(house.settings, house.clock, "broker-keeper", "a new machine")
    status = house.authority.status(house.central)
    assert isinstance(status, AuthorityStatus)
    assert (status.broker_crl_number, status.broker_crl_next_update) == (None, None)


def test_a_list_signed_by_a_clock_that_ran_ahead_is_signed_again(house: FoundedAuthority) -> None:
    house.clock.advance(days=365)
    house.authority.tick()
    house.clock.advance(days=-365)
    house.authority.tick()
    assert x509.load_pem_x509_crl(revocations(house).crl).last_update_utc <= house.clock.now()
