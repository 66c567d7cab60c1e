"""Certificates for the days of an exam: fetched a month before, in use on their days, gone afterwards.

The switch needs no network: what was fetched lies on the box. Not here: renewing the operating certificate (`renewal`).
"""

import logging
from datetime import datetime, timedelta
from typing import Final

from models.durable_files import remove_folder, switch_link, write_whole
from models.enrollment import ExamWindow
from models.wire.authority_line import AuthorityLine
from provisioning.device import authority_talk, identities, renewal
from provisioning.device.box_folder import BoxFolder

log = logging.getLogger(__name__)

FETCH_BEFORE: Final = timedelta(days=30)
_EXAM_FILE: Final = "exam.txt"


def fetch(box: BoxFolder, line: AuthorityLine, windows: tuple[ExamWindow, ...], now: datetime) -> None:
    """Fetches what is missing for exams that begin within a month. Raises ClassroomError."""
    for window in windows:
        if window.starts_at - FETCH_BEFORE <= now < window.ends_at and not _is_held(box, window):
            operating = authority_talk.speaking_identity(box, now)
            name = renewal.fetch_for_exam(box, line, operating, window.exam_id)
            write_whole(box.identities / name / _EXAM_FILE, window.exam_id.encode())
            log.info("A certificate for the exam's days was fetched: %s.", name)


def forget_cancelled(box: BoxFolder, windows: tuple[ExamWindow, ...], now: datetime) -> None:
    """Takes away what belongs to no exam any more, as long as it is not in its own days."""
    wanted = {window.exam_id for window in windows}
    for name, exam_id in held_exams(box).items():
        if exam_id not in wanted and not _is_in_its_days(box, name, now):
            remove_folder(box.identities / name)


def settle(box: BoxFolder, now: datetime) -> str:
    """Puts the identity of this instant in use and returns its name; over ones are taken away. Needs no network."""
    wanted = authority_talk.speaking_identity(box, now).name
    for name in held_exams(box):
        if _is_in_its_days(box, name, now):
            wanted = name
    if box.identity_name() != wanted:
        switch_link(box.current, wanted)
        log.info("Now in use: the certificate %s.", wanted)
    for name in held_exams(box):
        if now >= identities.validity(box.identities / name).ends_at:
            remove_folder(box.identities / name)
    return wanted


def held_exams(box: BoxFolder) -> dict[str, str]:
    """Identities of exams by name, with the exam's id; one whose id was not written is worth nothing."""
    found: dict[str, str] = {}
    for name in identities.names(box):
        if name.startswith(identities.EXAM_PREFIX):
            path = box.identities / name / _EXAM_FILE
            found[name] = path.read_text("utf-8") if path.exists() else ""
    return found


def _is_held(box: BoxFolder, window: ExamWindow) -> bool:
    """Whether a certificate covers the whole exam; after a change of its days a new one is fetched."""
    lives = [
        identities.validity(box.identities / name) for name, exam in held_exams(box).items() if exam == window.exam_id
    ]
    return any(life.begins_at <= window.starts_at and window.ends_at <= life.ends_at for life in lives)


def _is_in_its_days(box: BoxFolder, name: str, now: datetime) -> bool:
    life = identities.validity(box.identities / name)
    return life.begins_at <= now < life.ends_at
