"""Each button of the rehearsal panel, played from the press to what the proctor sees and what central stored.

Everything between is real: the card's protocol over PC/SC, camera stream, broker with mutual TLS, both databases.
"""

import sqlite3
from dataclasses import dataclass

import pytest
from playwright.sync_api import Page, expect

from tests.builders.running_school import RunningSchool, StagePresses, wait_until


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What a scene must look like: the light and first reason on the screen, and what is stored."""

    scene: str
    light: str
    says: str
    kind: str
    reason: str
    central_verdict: str | None


SCENES = [
    Expected(
        scene="good",
        light="GREEN",
        says="Đúng người, đúng phòng.",
        kind="admitted",
        reason="ADMITTED",
        central_verdict="GENUINE",
    ),
    Expected(
        scene="already-seated",
        light="RED",
        says="Thí sinh này đã vào chỗ.",
        kind="refused",
        reason="ALREADY_SEATED",
        central_verdict="GENUINE",
    ),
    Expected(
        scene="wrong-room",
        light="RED",
        says="Thí sinh thuộc phòng khác.",
        kind="refused",
        reason="WRONG_ROOM",
        central_verdict="GENUINE",
    ),
    Expected(
        scene="altered-portrait",
        light="RED",
        says="Dữ liệu trong chip đã bị sửa.",
        kind="refused",
        reason="CHIP_ALTERED",
        central_verdict="HASH_MISMATCH",
    ),
    Expected(
        scene="unknown-issuer",
        light="RED",
        says="Không rõ cơ quan nào cấp chip này.",
        kind="refused",
        reason="ISSUER_UNKNOWN",
        central_verdict="UNTRUSTED_ISSUER",
    ),
    Expected(
        scene="damaged-chip",
        light="AMBER",
        says="Không đọc được chip.",
        kind="reading failed",
        reason="CHIP_UNREADABLE",
        central_verdict=None,
    ),
    Expected(
        scene="pulled-out",
        light="AMBER",
        says="Thẻ bị nhấc ra khi đang đọc.",
        kind="reading failed",
        reason="CARD_REMOVED",
        central_verdict=None,
    ),
    Expected(
        scene="someone-elses-card",
        light="AMBER",
        says="Khuôn mặt khác ảnh trong chip.",
        kind="turned away",
        reason="FACE_DIFFERENT",
        central_verdict="GENUINE",
    ),
    Expected(
        scene="expired-card",
        light="AMBER",
        says="Thẻ đã hết hạn.",
        kind="admitted",
        reason="CARD_EXPIRED",
        central_verdict="EXPIRED",
    ),
    Expected(
        scene="nobody-at-camera",
        light="AMBER",
        says="Không thấy ai trước máy ảnh.",
        kind="turned away",
        reason="NO_FACE",
        central_verdict="GENUINE",
    ),
    Expected(
        scene="two-at-camera",
        light="AMBER",
        says="Có nhiều người trước máy ảnh.",
        kind="turned away",
        reason="SEVERAL_FACES",
        central_verdict="GENUINE",
    ),
]


@dataclass(frozen=True, slots=True)
class Admission:
    """A row of central's admission register."""

    kind: str
    reason: str
    light: str
    candidate_number: str | None
    judged_again: str
    verdict: str | None
    similarity: float | None


def stored(school: RunningSchool) -> list[Admission]:
    """What central holds, oldest first."""
    database = sqlite3.connect(f"file:{school.files.central / 'central.db'}?mode=ro", uri=True)
    try:
        rows = database.execute(
            "SELECT kind, reason, light, candidate_number, judged_again, central_chip_verdict, similarity"
            " FROM admissions ORDER BY id"
        ).fetchall()
    finally:
        database.close()
    return [Admission(*row) for row in rows]


@pytest.mark.parametrize("expected", SCENES, ids=lambda expected: expected.scene)
def test_a_scene_looks_right_to_the_proctor_and_is_stored_at_central(
    expected: Expected, school: RunningSchool, stage: StagePresses, proctor: Page
) -> None:
    before = len(stored(school))
    state = stage.play(expected.scene)
    expect(proctor.locator("body")).to_have_attribute("data-light", expected.light, timeout=30_000)
    expect(proctor.locator("#reason")).to_have_text(expected.says)
    if expected.scene == "wrong-room":
        expect(proctor.locator("#right-room")).to_have_text(str(state["room"]))
        expect(proctor.locator("#right-seat")).to_have_text(str(state["seat"]))
    elif expected.kind != "reading failed":
        expect(proctor.locator("#name")).to_have_text(str(state["name"]))
        expect(proctor.locator("#candidate-number")).to_have_text(str(state["candidate_number"]))
        expect(proctor.locator("#seat")).to_have_text(str(state["seat"]))
    else:
        expect(proctor.locator("#person")).to_be_hidden()
    if expected.light == "AMBER" and expected.kind != "reading failed":
        assert len(stored(school)) == before, "a question is not stored before it is answered"
        proctor.keyboard.press("Enter" if expected.kind == "admitted" else "Escape")
    wait_until(lambda: len(stored(school)) == before + 1, "central's row")
    row = stored(school)[-1]
    assert (row.kind, row.reason, row.light) == (expected.kind, expected.reason, expected.light)
    assert row.verdict == expected.central_verdict
    assert row.judged_again == "same", "central, with the same evidence and rule, says the same"
    if expected.kind == "admitted":
        expect(proctor.locator("body")).to_have_attribute("data-light", "GREEN")
        assert row.candidate_number == state["candidate_number"]
    expect(proctor.locator("#to-send")).to_have_text("0")


def test_a_scene_of_the_wrong_face_shows_how_wrong_it_was(school: RunningSchool) -> None:
    rows = {row.reason: row for row in stored(school)}
    assert rows["ADMITTED"].similarity is not None
    assert rows["ADMITTED"].similarity > 0.451
    assert rows["FACE_DIFFERENT"].similarity is not None
    assert rows["FACE_DIFFERENT"].similarity < 0.28


def test_no_picture_is_left_on_the_boxs_disk(school: RunningSchool) -> None:
    """Roster photo, chip portrait and live picture were all on the screen; none was stored, not even in a log."""
    beginnings = (b"\xff\xd8\xff\xe0\x00\x10JFIF", b"\x00\x00\x00\x0cjP  \r\n\x87\n")
    written = [path for folder in (school.files.box, school.files.logs) for path in folder.rglob("*") if path.is_file()]
    assert any(path.name == "outbox.db" for path in written)
    assert [path.name for path in written if any(mark in path.read_bytes() for mark in beginnings)] == []
