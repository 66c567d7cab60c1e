"""No box, keeper or stranger fills what is kept for ever, and one long word keeps central from nothing."""

import msgspec
import pytest

from models.clock import SystemClock
from models.enrollment import BoxReport, CodeKind, RefusalCode, RoomCertificateRequest
from models.fleet import BoxRecord, BoxRecords, CodesRequest, Errand
from models.identifiers import BoxId
from provisioning.authority.box_desk import MOST_RENEWALS_A_DAY
from provisioning.authority.ledger import MOST_NEW_REPORTS
from provisioning.authority.own_desk import RefusedAtTheDeskError, own_desk
from provisioning.authority.registers.boxes import Boxes
from provisioning.authority.registers.counters import Counters
from provisioning.authority.registers.reports import MOST_OUTCOMES_A_DAY
from tests.builders.enrolling_box import certificate_request
from tests.builders.founded_authority import ORIGIN, EnrolledBox, FoundedAuthority, code_of, new_key, room


def _told(box: EnrolledBox) -> int:
    return [action for _, action, _ in box.house.deeds()].count("update reported")


def _say(box: EnrolledBox, outcome: str, target: str = "2.0", software: str = "1") -> None:
    box.report(
        BoxReport(
            software=software, weights="", trust_list_version=1, room_devices_version=0, update_target=target,
            update_outcome=outcome,
        )
    )  # fmt: skip


def test_an_update_is_audited_once_for_each_release_and_outcome(house: FoundedAuthority) -> None:
    box = house.enrolled()
    for _ in range(5):
        _say(box, "failed")
        _say(box, "installed")
        _say(box, "o" * 200)
    assert _told(box) == 2
    _say(box, "failed", "3.0")
    assert _told(box) == 3


def test_a_box_cannot_invent_releases_without_end(house: FoundedAuthority) -> None:
    box = house.enrolled()
    for number in range(MOST_OUTCOMES_A_DAY + 5):
        _say(box, "failed", f"v{number}")
    assert _told(box) == MOST_OUTCOMES_A_DAY
    house.clock.advance(days=1)
    _say(box, "failed", "w")
    assert _told(box) == MOST_OUTCOMES_A_DAY + 1


def test_a_box_that_alternates_its_words_is_passed_on_only_so_often(house: FoundedAuthority) -> None:
    box, other = house.enrolled("A-101"), house.enrolled("A-102")
    box.report()
    first = house.record(box.box_id).change
    for number in range(100):
        _say(box, "installed", software=f"{number % 2}")
    assert house.record(box.box_id).change - first < MOST_NEW_REPORTS
    before = house.record(other.box_id).change
    other.report()
    assert house.record(other.box_id).change > before
    house.clock.advance(hours=1)
    _say(box, "installed", software="after")
    assert house.record(box.box_id).software == "after"
    assert house.record(box.box_id).change > before


@pytest.mark.parametrize("number", [2**63, 10**400, -1])
def test_a_version_that_no_register_holds_does_not_come_in(number: int) -> None:
    words = b'{"software":"a","weights":"","trust_list_version":%d,"room_devices_version":0}' % number
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(words, type=BoxReport)


def test_certificates_are_counted_by_kind_so_that_none_blocks_the_renewal(house: FoundedAuthority) -> None:
    box = house.enrolled()
    ask = house.authority.certify_room_broker
    answers = [
        ask(box.caller, RoomCertificateRequest(csr=certificate_request(new_key())))
        for _ in range(MOST_RENEWALS_A_DAY + 1)
    ]
    assert [code_of(answer) for answer in answers[-2:]] == [None, RefusalCode.TOO_MANY_TRIES]
    assert code_of(box.ask_renewal(new_key())) is None


def test_a_flood_of_guesses_does_not_hide_a_stolen_code(house: FoundedAuthority) -> None:
    code = house.code()
    house.ask(house.board(), code)
    wrong = house.board().request("0" * 16)
    for number in range(400):
        house.authority.enroll(wrong, f"10.9.{number % 40}.0/24")
    assert code_of(house.ask(house.board(), code)) is RefusalCode.CODE_USED
    assert (ORIGIN, "refused", "CODE_USED") in house.deeds()


def test_words_at_the_terminal_are_bounded_as_over_the_network(house: FoundedAuthority) -> None:
    long = CodesRequest(
        errand=Errand(actor="it", reason="x"),
        kind=CodeKind.TYPED,
        rooms=(msgspec.structs.replace(room("X-1"), room_name="N" * 300),),
    )
    with own_desk(house.settings, SystemClock()) as desk, pytest.raises(RefusedAtTheDeskError, match="too long"):
        desk.make_codes(long)


def test_one_long_word_in_the_register_does_not_keep_central_from_all_boxes(house: FoundedAuthority) -> None:
    ledger = house.authority._ledger
    boxes = Boxes(ledger.database, Counters(ledger.database))
    boxes.expect(BoxId("box-long"), msgspec.structs.replace(room("X-1"), room_name="N" * 300))
    answer = house.authority.boxes_after(house.central, 0)
    assert isinstance(answer, BoxRecords)
    assert isinstance(msgspec.json.decode(msgspec.json.encode(answer.boxes[-1]), type=BoxRecord), BoxRecord)
    assert len(answer.boxes[-1].room_name) == 200
