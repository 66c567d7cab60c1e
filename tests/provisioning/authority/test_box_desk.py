"""P03, P07 and the life of a certificate: renewed in time, after a summer, for an exam, and never once taken out."""

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from models.enrollment import (
    LATE_DOMAIN,
    AuthorityRefusal,
    BoxOrders,
    BoxReport,
    BoxState,
    Done,
    IssuedCertificate,
    LateRenewalRequest,
    RefusalCode,
    RoomDevice,
    WantedRelease,
)
from models.fleet import RoomDevicesRequest
from models.identifiers import RoomId
from models.wire.box_certificate import box_id_of, plays_school, room_of
from models.wire.trust_list import SignedTrustList, TrustList, open_trust_list
from provisioning.authority.box_desk import MOST_RENEWALS_A_DAY
from provisioning.authority.registers.boxes import Box
from provisioning.authority.wiring import build_authority
from tests.builders.enrolling_box import certificate_request
from tests.builders.founded_authority import (
    ERRAND,
    ORIGIN,
    EnrolledBox,
    FoundedAuthority,
    code_of,
    granted,
    new_key,
)


def orders(box: EnrolledBox) -> BoxOrders:
    answer = box.house.authority.orders(box.caller)
    assert isinstance(answer, BoxOrders), answer
    return answer


def trusted(box: EnrolledBox) -> TrustList:
    signed = box.house.authority.trust_list(box.caller)
    assert isinstance(signed, SignedTrustList), signed
    trust_key = Ed25519PublicKey.from_public_bytes(box.answer.trust_key)
    opened = open_trust_list(signed, trust_key, "TRUONG-1", box.house.clock.now(), None)
    assert isinstance(opened, TrustList), opened
    return opened


def ask_late(
    box: EnrolledBox, key: ec.EllipticCurvePrivateKey, signer: ec.EllipticCurvePrivateKey | None = None
) -> IssuedCertificate | AuthorityRefusal:
    csr = certificate_request(key)
    signature = (signer or box.key).sign(LATE_DOMAIN + csr, ec.ECDSA(hashes.SHA256()))
    request = LateRenewalRequest(certificate=box.certificate, csr=csr, signature=signature)
    return box.house.authority.renew_late(request, ORIGIN)


def test_the_first_word_over_the_own_certificate_makes_a_box_enrolled(house: FoundedAuthority) -> None:
    box = house.enrolled()
    assert house.record(box.box_id).state is BoxState.CERTIFIED
    box.report(BoxReport(software="1.2", weights="w3", trust_list_version=4, room_devices_version=0))
    record = house.record(box.box_id)
    assert (record.state, record.software, record.weights, record.trust_list_version) == ("enrolled", "1.2", "w3", 4)
    assert record.enrolled_at == record.reported_at == house.clock.now()


def test_a_box_is_asked_to_renew_at_two_thirds_of_its_certificate(house: FoundedAuthority) -> None:
    box = house.enrolled()
    house.clock.advance(days=59, hours=23)
    assert not orders(box).renew_certificate
    house.clock.advance(hours=1)
    assert orders(box).renew_certificate
    box.certificate = granted(box.ask_renewal(new_key()))
    assert not orders(box).renew_certificate
    assert x509.load_pem_x509_certificate(box.certificate).not_valid_after_utc > house.clock.now()


def test_the_renewed_certificate_names_the_same_box_and_room(house: FoundedAuthority) -> None:
    box = house.enrolled()
    renewed = granted(box.ask_renewal(new_key()))
    assert box_id_of(renewed) == box.box_id
    assert room_of(x509.load_pem_x509_certificate(renewed)) == "A-101"
    assert plays_school(renewed)


def test_a_renewal_whose_answer_was_lost_is_answered_the_same(house: FoundedAuthority) -> None:
    box, key = house.enrolled(), new_key()
    first = granted(box.ask_renewal(key))
    house.again()
    assert granted(box.ask_renewal(key)) == first


def test_p02_a_renewal_needs_a_key_that_nobody_ever_had(house: FoundedAuthority) -> None:
    box, other = house.enrolled("A-101"), house.enrolled("A-102")
    assert code_of(box.ask_renewal(box.key)) is RefusalCode.KEY_SHARED
    assert code_of(box.ask_renewal(other.key)) is RefusalCode.KEY_SHARED


def test_a_box_gone_wild_is_not_issued_certificates_without_end(house: FoundedAuthority) -> None:
    box = house.enrolled()
    answers = [box.ask_renewal(new_key()) for _ in range(MOST_RENEWALS_A_DAY)]
    assert [code_of(answer) for answer in answers[-2:]] == [None, RefusalCode.TOO_MANY_TRIES]
    house.clock.advance(days=1)
    assert code_of(box.ask_renewal(new_key())) is None


def test_a_certificate_that_is_over_opens_nothing(house: FoundedAuthority) -> None:
    box = house.enrolled()
    house.clock.advance(days=90)
    assert code_of(box.ask_renewal(new_key())) is RefusalCode.CERTIFICATE_UNKNOWN
    assert code_of(house.authority.orders(box.caller)) is RefusalCode.CERTIFICATE_UNKNOWN


@pytest.mark.parametrize(("days", "expected"), [(91, None), (209, None), (210, RefusalCode.RENEWAL_TOO_LATE)])
def test_after_a_summer_in_a_cupboard_the_old_key_still_renews(
    house: FoundedAuthority, days: int, expected: RefusalCode | None
) -> None:
    box = house.enrolled()
    house.clock.advance(days=days)
    assert code_of(ask_late(box, new_key())) is expected


def test_a_late_renewal_is_the_old_keys_alone_and_once(house: FoundedAuthority) -> None:
    box, key = house.enrolled(), new_key()
    house.clock.advance(days=100)
    assert code_of(ask_late(box, key, signer=new_key())) is RefusalCode.PROOF_WRONG
    renewed = granted(ask_late(box, key))
    assert granted(ask_late(box, key)) == renewed
    fresh = EnrolledBox(house, box.board, box.answer)
    fresh.certificate = renewed
    assert orders(fresh).renew_certificate is False
    assert code_of(ask_late(box, new_key())) is RefusalCode.CERTIFICATE_UNKNOWN


def test_no_late_renewal_for_who_was_taken_out_nor_with_anothers_certificate(house: FoundedAuthority) -> None:
    box, stranger = house.enrolled("A-101"), house.enrolled("A-102")
    house.clock.advance(days=100)
    house.revoke(box.box_id)
    assert code_of(ask_late(box, new_key())) is RefusalCode.BOX_REVOKED
    stranger.certificate = (house.folder / "central" / "certificate.pem").read_bytes()
    assert code_of(ask_late(stranger, new_key())) is RefusalCode.CERTIFICATE_UNKNOWN
    stranger.certificate = b"no certificate"
    assert code_of(ask_late(stranger, new_key())) is RefusalCode.REQUEST_BROKEN


def test_p03_a_certificate_that_ends_in_exam_week_is_seen_in_time_and_an_exam_certificate_outlasts_it(
    house: FoundedAuthority,
) -> None:
    box = house.enrolled()
    house.clock.advance(days=60)
    window = house.set_exam("TN-2026", 28, 4, "A-101")
    key = new_key()
    pem = granted(box.ask_for_exam("TN-2026", key))
    exam = x509.load_pem_x509_certificate(pem)
    record = house.record(box.box_id)
    assert record.certificate_good_until is not None
    assert window.starts_at < record.certificate_good_until < window.ends_at
    assert record.exam_certificate_good_until == exam.not_valid_after_utc
    assert (window.starts_at - exam.not_valid_before_utc).days == 1
    assert (exam.not_valid_after_utc - window.ends_at).days == 1
    house.clock.advance(days=30, hours=1)
    assert code_of(house.authority.orders(box.caller)) is RefusalCode.CERTIFICATE_UNKNOWN
    box.certificate = pem
    assert orders(box).exams == (window,)


def test_an_exam_certificate_is_for_rooms_of_the_exam_and_not_long_before(house: FoundedAuthority) -> None:
    box, other = house.enrolled("A-101"), house.enrolled("A-102")
    house.set_exam("TN-2026", 31, 2, "A-101")
    assert code_of(box.ask_for_exam("TN-2026", new_key())) is RefusalCode.NO_EXAM
    house.clock.advance(days=1)
    assert code_of(box.ask_for_exam("TN-2026", new_key())) is None
    assert code_of(other.ask_for_exam("TN-2026", new_key())) is RefusalCode.NO_EXAM
    assert code_of(box.ask_for_exam("TN-2027", new_key())) is RefusalCode.NO_EXAM
    house.clock.advance(days=32)
    assert code_of(box.ask_for_exam("TN-2026", new_key())) is RefusalCode.NO_EXAM


def test_an_exam_certificate_is_given_again_and_never_renews(house: FoundedAuthority) -> None:
    box, key = house.enrolled(), new_key()
    house.set_exam("TN-2026", 1, 2, "A-101")
    first = granted(box.ask_for_exam("TN-2026", key))
    assert granted(box.ask_for_exam("TN-2026", key)) == first
    assert code_of(box.ask_for_exam("TN-2026", box.key)) is RefusalCode.KEY_SHARED
    box.certificate, box.key = first, key
    assert code_of(box.ask_renewal(new_key())) is RefusalCode.NOT_ALLOWED
    assert code_of(ask_late(box, new_key())) is RefusalCode.CERTIFICATE_UNKNOWN
    assert orders(box).renew_certificate is False


def test_p07_a_decommissioned_box_is_told_so_and_nothing_else(house: FoundedAuthority) -> None:
    box = house.enrolled()
    _add_tablet(house)
    house.set_exam("TN-2026", 1, 2, "A-101")
    house.revoke(box.box_id)
    told = orders(box)
    assert told.decommissioned
    assert (told.exams, told.room_devices, told.wanted) == ((), (), WantedRelease())
    assert code_of(box.ask_renewal(new_key())) is RefusalCode.BOX_REVOKED
    assert code_of(box.ask_for_exam("TN-2026", new_key())) is RefusalCode.BOX_REVOKED
    assert code_of(box.report()) is RefusalCode.BOX_REVOKED
    assert code_of(house.authority.trust_list(box.caller)) is RefusalCode.BOX_REVOKED


def test_orders_name_the_rooms_devices_exams_and_release(house: FoundedAuthority) -> None:
    class Plan:
        heard_of: tuple[str, ...] = ()

        def wanted(self, box: Box, now: object) -> WantedRelease:
            return WantedRelease(package=f"for {box.room_id} at {now is not None}")

        def heard(self, box: Box, report: BoxReport, now: object) -> None:
            assert now is not None
            self.heard_of += (f"{box.box_id} {report.update_outcome}",)

    plan = Plan()
    house.authority.stop()
    house.authority = build_authority(house.settings, house.clock, plan)
    house.authority.start()
    box = house.enrolled()
    _add_tablet(house)
    window = house.set_exam("TN-2026", 1, 2, "A-101")
    told = orders(box)
    assert [device.name for device in told.room_devices] == ["tab-01"]
    assert isinstance(told.room_devices[0], RoomDevice)
    assert (told.room_devices_version, told.exams) == (1, (window,))
    assert told.wanted == WantedRelease(package="for A-101 at True")
    report = BoxReport(
        software="1", weights="1", trust_list_version=0, room_devices_version=1, update_outcome="installed"
    )
    assert isinstance(box.report(report), Done)
    assert plan.heard_of == (f"{box.box_id} installed",)
    assert (box.box_id, "update reported", box.box_id) in house.deeds()


def test_the_same_report_again_changes_nothing_within_the_hour(house: FoundedAuthority) -> None:
    box = house.enrolled()
    box.report()
    change = house.record(box.box_id).change
    house.clock.advance(minutes=59)
    box.report()
    assert house.record(box.box_id).change == change
    house.clock.advance(minutes=1)
    box.report()
    assert house.record(box.box_id).reported_at == house.clock.now()


def test_the_trust_list_rises_only_with_its_content(house: FoundedAuthority) -> None:
    box = house.enrolled("A-101")
    first = trusted(box)
    house.clock.advance(days=2)
    again = trusted(box)
    assert (again.version, again.boxes) == (first.version, first.boxes)
    assert again.issued_at > first.issued_at
    assert again.good_until > first.good_until
    house.again()
    assert orders(box).trust_list_version == first.version
    other = house.enrolled("A-102")
    grown = trusted(box)
    assert grown.version > first.version
    assert {one.box_id for one in grown.boxes} == {box.box_id, other.box_id}
    house.revoke(other.box_id)
    shrunk = trusted(box)
    assert shrunk.version > grown.version
    assert [one.box_id for one in shrunk.boxes] == [box.box_id]
    assert [one.box_id for one in shrunk.revoked] == [other.box_id]
    window = house.set_exam("TN-2026", 1, 2, "A-101")
    assert trusted(box).exams == (window,)
    assert trusted(box).version == orders(box).trust_list_version > shrunk.version


def test_a_new_key_of_central_is_announced(house: FoundedAuthority) -> None:
    box = house.enrolled()
    before = trusted(box)
    house.stop()
    public = house.folder / "central.public.pem"
    public.write_bytes((house.folder / "state" / "trust.public.pem").read_bytes())
    house.again()
    assert trusted(box).version > before.version
    assert trusted(box).central_keys != before.central_keys


def _add_tablet(house: FoundedAuthority) -> None:
    request = RoomDevicesRequest(errand=ERRAND, room_id=RoomId("A-101"), names=("tab-01",))
    house.authority.make_device_credentials(house.central, request)
