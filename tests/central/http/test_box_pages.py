"""The pages of the room boxes: who sees which box, who may order what, and what a table holds."""

import gzip
from dataclasses import replace
from datetime import timedelta

import httpx
import msgspec
import pytest
from prometheus_client.parser import text_string_to_metric_families

from central.http.application import build_application
from central.it_office.box_list import every_box
from central.it_office.box_sheet import open_sheet
from central.registers import box_commands, box_register, place_register
from central.registers.place_register import School
from models.identifiers import BoxId, RoomId
from models.messages import CommandOutcome, CommandResult, Gone, Hello, Vitals
from models.staff import Role
from tests.builders.box_chain import BoxChain
from tests.builders.front_desk import BASE, SAME_SITE, Reception, StraightToTheApplication

ORDER = {"name": "identify", "reason": "tìm máy trong phòng"}


@pytest.fixture
def box(reception: Reception) -> BoxChain:
    """A box in room P101 of school A, with vital signs; another stands in school B."""
    centre = reception.centre
    with centre.database.writing() as connection:
        for school, room in (("A", "P101"), ("B", "P102")):
            named = School(school_id=school, school_name=f"Trường {school}", commune="Xã Một")
            place_register.add_or_change_school(connection, named, centre.clock.now())
            place_register.add_or_change_room(
                connection,
                room_id=room,
                school_id=school,
                room_name=f"Phòng {room[1:]}",
                is_smart=False,
                at=centre.clock.now(),
            )
    centre.box("box-102", "P102")
    box = centre.box()
    for _ in range(4):
        centre.clock.advance(minutes=6)
        centre.say(box, vital(box))
    return box


def vital(box: BoxChain) -> Hello:
    vitals = Vitals(machine="ab" * 32, uptime_seconds=7_260, temperature_celsius=61.5, disk_free_megabytes=900)
    return msgspec.structs.replace(box.hello(), vitals=vitals)


def test_the_list_searches_narrows_and_shows_states_in_words(reception: Reception, box: BoxChain) -> None:
    client = reception.visit(Role.IT)
    both = client.get("/boxes").text
    assert "box-101" in both
    assert "box-102" in both
    found = client.get("/boxes", params={"search": "truong 101"}).text
    assert "box-101" in found
    assert "box-102" not in found
    silent = client.get("/boxes", params={"state": "silent"}).text
    assert "box-102" in silent
    assert box.box_id not in silent
    assert client.get("/boxes", params={"state": "nonsense"}).status_code == 422


def test_pages_follow_one_another_by_name(reception: Reception) -> None:
    for number in range(60):
        reception.centre.box(f"box-{number:03}", "P101")
    client = reception.visit(Role.IT)
    first = client.get("/boxes").text
    assert "after=box-049" in first
    second = client.get("/boxes", params={"after": "box-049"}).text
    assert "box-050" in second
    assert ">box-049<" not in second


def test_a_boxs_page_tells_state_place_machine_and_history(reception: Reception, box: BoxChain) -> None:
    page = reception.visit(Role.IT).get(f"/boxes/{box.box_id}").text
    for word in ("Phòng 101", "Trường A", "2 giờ 1 phút", "61.5 °C", "<polyline", "Bảng số", "Sẵn sàng"):
        assert word in page


@pytest.mark.parametrize("path", ["", "/commands"])
def test_a_box_of_another_school_does_not_exist(reception: Reception, box: BoxChain, path: str) -> None:
    reception.account(Role.IT, school="A")
    client = reception.visit(Role.IT)
    assert client.get(f"/boxes/{box.box_id}{path}").status_code == 200
    assert client.get(f"/boxes/box-102{path}").status_code == 404
    assert client.get(f"/boxes/box-999{path}").status_code == 404
    assert "box-102" not in client.get("/boxes").text
    assert "box-102" not in client.get("/exports/boxes").text
    refused = client.post("/boxes/box-102/commands", json=ORDER, headers=SAME_SITE)
    assert refused.status_code == 404
    assert reception.centre.rows("box_commands", "number") == []


def test_an_order_needs_a_reason_and_the_permission(reception: Reception, box: BoxChain) -> None:
    address = f"/boxes/{box.box_id}/commands"
    assert reception.visit(Role.PRINCIPAL).post(address, json=ORDER, headers=SAME_SITE).status_code == 403
    client = reception.visit(Role.IT)
    for wrong in ({"name": "identify"}, ORDER | {"reason": "x"}, ORDER | {"name": "open the door"}):
        assert client.post(address, json=wrong, headers=SAME_SITE).status_code == 422
    assert client.post(address, json=ORDER, headers=SAME_SITE).status_code == 201
    assert "Chờ máy trả lời" in client.get(address).text
    reception.centre.clock.advance(minutes=11)
    assert "Máy không trả lời" in client.get(address).text


def test_the_first_answer_counts_but_for_a_device_that_followed_late(reception: Reception, box: BoxChain) -> None:
    client, centre = reception.visit(Role.IT), reception.centre
    address = f"/boxes/{box.box_id}/commands"
    command_id = client.post(address, json=ORDER, headers=SAME_SITE).json()["command_id"]
    words = {"failed": "Không làm được", "sent": "Đã gửi, chưa thấy thiết bị làm", "done": "Đã làm"}
    shown = []
    for outcome in (CommandOutcome.SENT, CommandOutcome.FAILED, CommandOutcome.DONE, CommandOutcome.REFUSED):
        result = CommandResult(
            command_id=command_id, outcome=outcome, sentence="as asked", finished_at=centre.clock.now()
        )
        with centre.database.writing() as connection:
            assert box_commands.note_result(connection, box.box_id, result, centre.clock.now())
        text = client.get(address).text
        shown.append([name for name, word in words.items() if word in text])
    assert shown == [["sent"], ["sent"], ["done"], ["done"]]


def test_a_support_bundle_is_taken_away_as_a_file_and_that_is_written_down(reception: Reception, box: BoxChain) -> None:
    client, centre = reception.visit(Role.IT), reception.centre
    address = f"/boxes/{box.box_id}/commands"
    command_id = client.post(address, json=ORDER | {"name": "support bundle"}, headers=SAME_SITE).json()["command_id"]
    assert client.get(f"{address}/{command_id}/bundle").status_code == 404
    packed = gzip.compress(b"versions")
    result = CommandResult(
        command_id=command_id,
        outcome=CommandOutcome.DONE,
        sentence="<b>8 bytes</b>",
        finished_at=centre.clock.now(),
        attachment=packed,
    )
    with centre.database.writing() as connection:
        assert box_commands.note_result(connection, box.box_id, result, centre.clock.now())
    assert "&lt;b&gt;8 bytes" in client.get(address).text
    answer = client.get(f"{address}/{command_id}/bundle")
    assert answer.content == packed
    assert answer.headers["content-disposition"] == 'attachment; filename="box-101.txt.gz"'
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert centre.rows("audit_log", "id, actor, action, subject")[-1][1:] == ("it", "support bundle read", "box-101")
    assert reception.visit(Role.PRINCIPAL).get(f"{address}/{command_id}/bundle").status_code == 403
    assert client.get(f"/boxes/box-102/commands/{command_id}/bundle").status_code == 404


def test_the_table_to_take_away_holds_every_box_in_scope(reception: Reception, box: BoxChain) -> None:
    client = reception.visit(Role.IT)
    lines = client.get("/exports/boxes").content.decode("utf-8-sig").splitlines()
    assert lines[0].startswith("Máy,Phòng,Tên phòng,Trường,Tình trạng")
    assert [line.split(",")[0] for line in lines[1:]] == [box.box_id, "box-102"]
    assert client.get("/exports/boxes", params={"form": "xlsx"}).content[:2] == b"PK"


def figures(text: str) -> dict[tuple[str, str], float]:
    families = text_string_to_metric_families(text)
    return {
        (sample.name, "".join(sample.labels.values())): sample.value for family in families for sample in family.samples
    }


def test_prometheus_reads_the_figures_and_finds_nobodys_name(reception: Reception, box: BoxChain) -> None:
    client = reception.visit(accept="text/plain")
    text = client.get("/metrics").text
    told = figures(text)
    assert told["classroom_boxes", "ready"] == 1
    assert told["classroom_boxes", "silent"] == 1
    assert told["classroom_ingest_connected", ""] == 1
    assert told["classroom_oldest_word_seconds", ""] == timedelta(minutes=24).total_seconds()
    for name in (box.box_id, "box-102", "P101", "Nguyễn", "001208012345"):
        assert name not in text


def test_figures_are_for_this_machine_or_for_whoever_brings_the_token(reception: Reception, box: BoxChain) -> None:
    assert box
    client = reception.visit(accept="text/plain")
    through_a_proxy = {"X-Forwarded-For": "203.0.113.7"}
    assert client.get("/metrics", headers=through_a_proxy).status_code == 404
    assert client.get("/metrics", headers=through_a_proxy | {"Authorization": "Bearer "}).status_code == 404
    application = build_application(replace(reception.desk, metrics_token="t" * 40))
    knowing = httpx.Client(transport=StraightToTheApplication(application), base_url=BASE)
    for said, status in ((b"Bearer " + b"t" * 40, 200), (b"Bearer " + b"t" * 39, 404), (b"Bearer \xfc", 404)):
        headers = {b"X-Forwarded-For": b"203.0.113.7", b"Authorization": said}
        assert knowing.get("/metrics", headers=headers).status_code == status, said


def test_the_list_says_of_every_box_what_its_own_page_says(reception: Reception, box: BoxChain) -> None:
    centre = reception.centre
    unfit = centre.box("box-103", "P102")
    centre.say(unfit, msgspec.structs.replace(unfit.hello(), reader="absent"))
    gone = centre.box("box-104", "P102")
    centre.clock.advance(seconds=40)
    centre.say(gone, Gone(session=gone.hello().session))
    centre.clock.advance(seconds=31)
    with centre.database.writing() as connection:
        box_register.register_box(connection, BoxId("box-105"), RoomId("P102"), bytes(32), centre.clock.now())
    now = centre.clock.now()
    with centre.database.reading() as connection:
        listed = {one.box.box_id: one.box.state for one in every_box(connection, None, now, words="", state=None)}
        sheets = {name: open_sheet(connection, name, None, now, 1) for name in listed}
    assert listed == {name: sheet.box.state for name, sheet in sheets.items() if sheet}
    assert set(listed.values()) == {"ready", "trouble", "silent", "never heard"}
    assert listed[box.box_id] == "ready"
