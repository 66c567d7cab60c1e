"""P01, P02, P07: a code is good once, for one holder, one room, a short time; no key twice; no way back once sold."""

import secrets
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models.enrollment import (
    AuthorityRefusal,
    BoxReport,
    BoxState,
    CodeKind,
    EnrollmentAnswer,
    Greeting,
    GreetingAnswer,
    RefusalCode,
)
from models.fleet import AuthorityStatus
from models.wire.enrollment_code import authority_proof, keys_of, make_code, prove
from provisioning.authority.authority import Authority
from provisioning.authority.caller import caller_of
from provisioning.authority.key_checks import key_hash_of
from provisioning.authority.key_files import read_certificates, read_keys
from provisioning.authority.refusals import EVERYWHERE, PER_ORIGIN
from tests.builders.enrolling_box import EnrollingBox
from tests.builders.founded_authority import ORIGIN, FoundedAuthority, code_of, room


def test_a_code_leads_to_a_certificate_of_its_room(house: FoundedAuthority) -> None:
    code = house.code("A-101")
    box = house.ask(house.board(), code, "A-101")
    assert isinstance(box, EnrollmentAnswer)
    assert (box.room_id, box.room_name, box.school_id) == ("A-101", "Phòng A-101", "TRUONG-1")
    assert (box.broker_host, box.broker_port, box.broker_shards) == ("broker.test", 8883, 16)
    assert house.record(box.box_id).state is BoxState.CERTIFIED


def test_the_authority_proves_itself_with_its_own_tls_certificate(house: FoundedAuthority) -> None:
    keys, nonce = keys_of(house.code()), secrets.token_bytes(32)
    answer = house.authority.greet(Greeting(lookup=keys.lookup, nonce=nonce), ORIGIN)
    served = read_certificates(house.settings.server_certificate)[0].public_bytes(Encoding.DER)
    assert isinstance(answer, GreetingAnswer)
    assert answer.proof == authority_proof(keys, nonce, served)
    assert answer.room_name == "Phòng A-101"
    assert code_of(house.authority.greet(Greeting(lookup=keys.lookup, nonce=b"short"), ORIGIN)) == "REQUEST_BROKEN"


def test_p01_a_used_code_is_refused_for_any_other_key_chain_key_or_machine(house: FoundedAuthority) -> None:
    code, board = house.code(), house.board()
    assert isinstance(house.ask(board, code), EnrollmentAnswer)
    assert code_of(house.ask(house.board(), code)) is RefusalCode.CODE_USED
    for part in ("key", "chain_key", "machine"):
        other = house.board(board.machine)
        other.key, other.chain_key = board.key, board.chain_key
        setattr(other, part, getattr(house.board(), part))
        assert code_of(house.ask(other, code)) is RefusalCode.CODE_USED, part


def test_a_power_cut_after_our_commit_costs_no_code(house: FoundedAuthority) -> None:
    code, board = house.code(), house.board()
    first = house.ask(board, code)
    house.again()
    house.clock.advance(hours=23)
    again = house.ask(board, code)
    assert isinstance(first, EnrollmentAnswer)
    assert isinstance(again, EnrollmentAnswer)
    assert (again.certificate, again.box_id) == (first.certificate, first.box_id)
    house.clock.advance(hours=1)
    assert code_of(house.ask(board, code)) is RefusalCode.CODE_USED


def test_who_was_taken_out_meanwhile_is_not_given_the_certificate_again(house: FoundedAuthority) -> None:
    code, board = house.code(), house.board()
    answer = house.ask(board, code)
    assert isinstance(answer, EnrollmentAnswer)
    house.revoke(answer.box_id)
    assert code_of(house.ask(board, code)) is RefusalCode.BOX_REVOKED


def test_the_keys_of_a_code_are_wiped_when_it_is_over(house: FoundedAuthority) -> None:
    used, unused, board = house.code("A-101"), house.code("A-102"), house.board()
    house.ask(board, used)
    register = house.settings.database
    house.clock.advance(hours=25)
    house.authority.tick()
    house.stop()
    held = register.read_bytes()
    for code in (used, unused):
        keys = keys_of(code)
        assert keys.lookup in held
        assert keys.box_key not in held
        assert keys.authority_key not in held
    house.authority.start()
    assert code_of(house.ask(board, used)) is RefusalCode.CODE_USED
    assert code_of(house.ask(house.board(), unused)) is RefusalCode.CODE_LATE


@pytest.mark.parametrize(("kind", "good_for"), [(CodeKind.TYPED, 30 * 60), (CodeKind.PRINTED, 7 * 86_400)])
def test_p01_a_late_code_is_refused(house: FoundedAuthority, kind: CodeKind, good_for: int) -> None:
    early, late = house.code("A-101", kind=kind), house.code("A-102", kind=kind)
    house.clock.advance(seconds=good_for - 1)
    assert isinstance(house.ask(house.board(), early), EnrollmentAnswer)
    house.clock.advance(seconds=1)
    assert code_of(house.ask(house.board(), late)) is RefusalCode.CODE_LATE
    keys = keys_of(late)
    assert code_of(house.authority.greet(Greeting(lookup=keys.lookup, nonce=bytes(32)), ORIGIN)) == "CODE_LATE"


def test_p01_a_guessed_code_is_refused_counted_and_audited(house: FoundedAuthority) -> None:
    assert code_of(house.ask(house.board(), make_code(CodeKind.TYPED))) is RefusalCode.CODE_UNKNOWN
    status = house.authority.status(house.central)
    assert isinstance(status, AuthorityStatus)
    assert status.refusals == {"CODE_UNKNOWN": 1}
    assert (ORIGIN, "refused", "CODE_UNKNOWN") in house.deeds()


def test_p01_a_code_of_another_room_is_refused_and_stays_good_for_its_own(house: FoundedAuthority) -> None:
    code, board = house.code("A-101"), house.board()
    assert code_of(house.ask(board, code, "A-102")) is RefusalCode.CODE_OF_OTHER_ROOM
    assert isinstance(house.ask(board, code, "A-101"), EnrollmentAnswer)


def test_a_request_that_was_changed_on_the_way_is_refused(house: FoundedAuthority) -> None:
    request = house.board().request(house.code())
    changed = msgspec.structs.replace(request, chain_key=house.board().chain_key.public_key().public_bytes_raw())
    assert code_of(house.authority.enroll(changed, ORIGIN)) is RefusalCode.PROOF_WRONG


def test_a_newer_code_of_the_room_makes_the_older_void(house: FoundedAuthority) -> None:
    older, newer = house.code(), house.code()
    assert code_of(house.ask(house.board(), older)) is RefusalCode.CODE_LATE
    assert isinstance(house.ask(house.board(), newer), EnrollmentAnswer)


def test_p01_who_guesses_too_often_is_told_nothing_more_but_a_holder_still_gets_in(house: FoundedAuthority) -> None:
    code = house.code()
    guesses = [house.ask(house.board(), make_code(CodeKind.TYPED)) for _ in range(PER_ORIGIN + 5)]
    assert [code_of(guess) for guess in guesses[:PER_ORIGIN]] == ["CODE_UNKNOWN"] * PER_ORIGIN
    assert [code_of(guess) for guess in guesses[PER_ORIGIN:]] == ["TOO_MANY_TRIES"] * 5
    elsewhere = house.authority.enroll(house.board().request(make_code(CodeKind.TYPED)), "10.9.9.0/24")
    assert code_of(elsewhere) is RefusalCode.CODE_UNKNOWN
    assert isinstance(house.ask(house.board(), code), EnrollmentAnswer)
    house.clock.advance(minutes=10)
    assert code_of(house.ask(house.board(), make_code(CodeKind.TYPED))) is RefusalCode.CODE_UNKNOWN


def test_p01_a_flood_from_everywhere_is_limited_and_fills_no_disk(house: FoundedAuthority) -> None:
    before = len(house.deeds())
    guess = Greeting(lookup=bytes(32), nonce=bytes(32))
    answers = [house.authority.greet(guess, f"10.{number // 250}.{number % 250}.0/24") for number in range(1000)]
    assert sum(code_of(answer) is RefusalCode.CODE_UNKNOWN for answer in answers) == EVERYWHERE
    assert len(house.deeds()) - before == EVERYWHERE
    house.authority.tick()
    assert len(house.deeds()) - before == EVERYWHERE + 1
    status = house.authority.status(house.central)
    assert isinstance(status, AuthorityStatus)
    assert status.refusals == {"CODE_UNKNOWN": EVERYWHERE, "TOO_MANY_TRIES": 1000 - EVERYWHERE}


def test_p02_a_key_of_any_other_box_is_refused_and_the_code_stays_good(house: FoundedAuthority) -> None:
    first = house.enrolled("A-101")
    code, board = house.code("A-102"), house.board()
    own_key, own_chain_key = board.key, board.chain_key
    board.key = first.board.key
    assert code_of(house.ask(board, code)) is RefusalCode.KEY_SHARED
    board.key, board.chain_key = own_key, first.board.chain_key
    assert code_of(house.ask(board, code)) is RefusalCode.KEY_SHARED
    board.chain_key = own_chain_key
    assert isinstance(house.ask(board, code), EnrollmentAnswer)


def test_p02_the_key_of_a_box_that_was_taken_out_stays_refused(house: FoundedAuthority) -> None:
    first = house.enrolled("A-101")
    house.revoke(first.box_id)
    board = house.board()
    board.key = first.board.key
    assert code_of(house.ask(board, house.code("A-101"))) is RefusalCode.KEY_SHARED


def test_p02_a_key_out_of_a_textbook_or_a_factory_is_refused(house: FoundedAuthority) -> None:
    board = house.board()
    printed = 0xC9AFA9D845BA75166B5C215767B1D6934E50C3DB36E89B127B8A622B120F6721
    for number in (1, printed):
        board.key = ec.derive_private_key(number, ec.SECP256R1())
        assert code_of(house.ask(board, house.code())) is RefusalCode.KEY_SHARED


def test_p02_a_key_that_a_delivery_turned_up_is_refused_once_it_is_listed(house: FoundedAuthority) -> None:
    board, code = house.board(), house.code()
    house.stop()
    for listed in (key_hash_of(board.key.public_key()), key_hash_of(board.chain_key.public_key())):
        keys = msgspec.structs.replace(read_keys(house.settings), factory_keys=frozenset({listed}))
        authority = Authority(house.settings, keys, house.clock)
        authority.start()
        assert code_of(authority.enroll(board.request(code), ORIGIN)) is RefusalCode.KEY_SHARED
        authority.stop()
    house.authority.start()
    assert isinstance(house.ask(board, code), EnrollmentAnswer)


def test_other_kinds_of_key_and_broken_requests_are_refused(house: FoundedAuthority) -> None:
    code = house.code()
    name = x509.Name([])
    builder = x509.CertificateSigningRequestBuilder().subject_name(name)
    rsa_key = rsa.generate_private_key(65537, 2048)
    good = builder.sign(ec.generate_private_key(ec.SECP256R1()), hashes.SHA256()).public_bytes(Encoding.DER)
    cases = {
        builder.sign(ec.generate_private_key(ec.SECP384R1()), hashes.SHA256()).public_bytes(Encoding.DER): "KEY_WEAK",
        builder.sign(rsa_key, hashes.SHA256()).public_bytes(Encoding.DER): "KEY_WEAK",
        good[:-1] + bytes([good[-1] ^ 1]): "PROOF_WRONG",
        good[:40]: "REQUEST_BROKEN",
        good + bytes(5000): "REQUEST_BROKEN",
        b"": "REQUEST_BROKEN",
    }
    for csr, expected in cases.items():
        request = msgspec.structs.replace(house.board().request(code), csr=csr)
        assert code_of(house.authority.enroll(prove(request, keys_of(code)), ORIGIN)) == expected
    assert isinstance(house.ask(house.board(), code), EnrollmentAnswer)


def test_p07_a_machine_that_was_taken_out_comes_back_only_with_a_newer_code(house: FoundedAuthority) -> None:
    sold = house.enrolled("A-101", machine="board-7")
    earlier = house.code("A-102")
    house.clock.advance(minutes=1)
    house.revoke(sold.box_id)
    assert code_of(house.ask(house.board("board-7"), earlier)) is RefusalCode.MACHINE_RETIRED
    assert isinstance(house.ask(house.board("board-8"), earlier), EnrollmentAnswer)
    house.clock.advance(minutes=1)
    back = house.ask(house.board("board-7"), house.code("A-103"))
    assert isinstance(back, EnrollmentAnswer)
    assert back.box_id != sold.box_id


def test_a_spare_takes_the_place_of_a_dead_box_in_one_step(house: FoundedAuthority) -> None:
    dead = house.enrolled("A-101")
    code = house.code("A-101", replaces=dead.box_id)
    assert house.record(dead.box_id).revoked_at is None
    spare = house.ask(house.board(), code)
    assert isinstance(spare, EnrollmentAnswer)
    assert spare.room_id == "A-101"
    old = house.record(dead.box_id)
    assert (old.state, old.replaced_by, old.revoked_at) == (BoxState.REVOKED, spare.box_id, house.clock.now())
    assert (spare.box_id, "box taken out", dead.box_id) in house.deeds()


def test_the_same_machine_may_take_its_own_place(house: FoundedAuthority) -> None:
    old = house.enrolled("A-101", machine="board-7")
    fresh = house.enrolled("A-101", replaces=old.box_id, machine="board-7")
    assert house.record(old.box_id).replaced_by == fresh.box_id


def test_a_room_with_a_box_needs_a_word_about_it(house: FoundedAuthority) -> None:
    there = house.enrolled("A-101")
    elsewhere = house.enrolled("A-102")
    assert code_of(house.make_codes(room("A-101")).refused["A-101"]) is RefusalCode.ROOM_HAS_BOX
    assert code_of(house.make_codes(room("A-101", elsewhere.box_id)).refused["A-101"]) is RefusalCode.BOX_UNKNOWN
    beside = house.make_codes(room("A-101", beside=True)).codes[0].code
    second = house.ask(house.board(), beside)
    assert isinstance(second, EnrollmentAnswer)
    assert {house.record(box).state for box in (there.box_id, second.box_id)} == {BoxState.CERTIFIED}
    assert code_of(house.make_codes(room("A-101", there.box_id)).refused["A-101"]) is RefusalCode.ROOM_HAS_BOX


class Asked(msgspec.Struct, frozen=True):
    board: int
    code: int
    room: int | None
    minutes_before: int


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.builds(
            Asked, st.integers(0, 3), st.integers(0, 3), st.none() | st.integers(0, 2), st.sampled_from([0, 0, 7, 31])
        ),
        max_size=8,
    )
)
def test_p01_in_whatever_order_boxes_ask_no_code_serves_two_and_no_box_stands_in_a_wrong_room(
    asked: list[Asked],
) -> None:
    with TemporaryDirectory() as folder:
        house = FoundedAuthority(Path(folder) / "authority")
        codes = [house.code(f"R-{number}") for number in range(3)] + [make_code(CodeKind.TYPED)]
        boards = [house.board() for _ in range(4)]
        holders: dict[int, EnrollingBox] = {}
        minutes = 0
        for one in asked:
            house.clock.advance(minutes=one.minutes_before)
            minutes += one.minutes_before
            board = boards[one.board]
            answer = house.ask(board, codes[one.code], None if one.room is None else f"R-{one.room}")
            elsewhere = any(held is board for code, held in holders.items() if code != one.code)
            expected = _expected(one, holders.get(one.code), board, minutes, elsewhere=elsewhere)
            assert code_of(answer) == expected
            if isinstance(answer, EnrollmentAnswer):
                holders[one.code] = board
                assert answer.room_id == f"R-{one.code}"
        house.stop()


def _expected(
    one: Asked, holder: EnrollingBox | None, board: EnrollingBox, minutes: int, *, elsewhere: bool
) -> RefusalCode | None:
    if one.code == 3:
        return RefusalCode.CODE_UNKNOWN
    if one.room is not None and one.room != one.code:
        return RefusalCode.CODE_OF_OTHER_ROOM
    if holder is not None:
        return None if holder is board else RefusalCode.CODE_USED
    if minutes >= 30:
        return RefusalCode.CODE_LATE
    return RefusalCode.KEY_SHARED if elsewhere else None


def test_a_refused_request_leaves_nothing_but_its_trace(house: FoundedAuthority) -> None:
    code = house.code()
    before = house.deeds()
    answer = house.ask(house.board(), code, "B-9")
    assert isinstance(answer, AuthorityRefusal)
    assert house.deeds()[len(before) :] == [(ORIGIN, "refused", "CODE_OF_OTHER_ROOM")]


def test_a_machine_that_enrols_anew_leaves_no_box_living_behind(house: FoundedAuthority) -> None:
    codes = [house.code(room_id) for room_id in ("P-1", "P-2", "P-3")]
    house.clock.advance(minutes=1)
    boxes = []
    for code in codes:
        answer = house.ask(house.board("board-1"), code)
        assert isinstance(answer, EnrollmentAnswer), answer
        boxes.append(answer.box_id)
    first, second, third = (house.record(box_id) for box_id in boxes)
    assert (first.state, first.replaced_by) == (BoxState.REVOKED, second.box_id)
    assert (second.state, second.replaced_by) == (BoxState.REVOKED, third.box_id)
    assert third.state is BoxState.CERTIFIED
    assert (third.box_id, "box taken out", second.box_id) in house.deeds()


def test_a_card_of_the_bench_gets_its_boards_name_with_its_first_word(house: FoundedAuthority) -> None:
    request = house.board().request(code := house.code("P-9"))
    bench = prove(msgspec.structs.replace(request, machine="bench-01", proof=b""), keys_of(code))
    answer = house.authority.enroll(bench, ORIGIN)
    assert isinstance(answer, EnrollmentAnswer), answer
    caller = caller_of(x509.load_pem_x509_certificate(answer.certificate))
    words = BoxReport(software="1", weights="", trust_list_version=1, room_devices_version=0, machine="board-7")
    house.authority.report(caller, words)
    house.authority.report(caller, msgspec.structs.replace(words, machine="board-8"))
    assert house.record(answer.box_id).machine == "board-7"
    assert (answer.box_id, "machine named", answer.box_id) in house.deeds()
