"""The box's caretaker: asks every few minutes what the box should be by now, and makes it so.

Each duty stands alone: one that fails is logged and tried again in the next round, and the box keeps what it has. No
failure ever takes the present identity away. Not here: carrying out a duty (`renewal`, `exam_identities`,
`trust_store`, `room_devices`, `decommission`, `provisioning.updates`).
"""

import logging
import random
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final, Protocol

import msgspec

from models.clock import Clock
from models.enrollment import BoxOrders, BoxReport, RoomDevice, WantedRelease
from models.errors import ClassroomError
from models.wire.authority_line import AuthorityLine
from models.wire.trust_list import SignedTrustList
from provisioning.device import authority_talk, decommission, exam_identities, identities, renewal, trust_store
from provisioning.device.box_folder import BoxFolder, NotEnrolledError
from provisioning.updates.client import trust_root, trusts_root
from provisioning.updates.follow import UPDATES, Followed, confirm, follow
from provisioning.updates.sources import NetworkSource

log = logging.getLogger(__name__)

EVERY_SECONDS: Final = 300.0
JITTER_SECONDS: Final = 60.0
LOOK_FOR_NEWS_SECONDS: Final = 2.0
REPORT_EVERY_ROUNDS: Final = 12
FETCH_AGAIN_AFTER: Final = timedelta(days=7)
"""A trust list of the same version is fetched again at this age: its date moves, and with it `good_until`."""

FIRST_ROOT: Final = "/v1/updates/metadata/1.root.json"
MOST_ROOT_BYTES: Final = 512_000


class House(Protocol):
    """What the caretaker changes outside the box's own folder."""

    def certify_room_broker(self, box: BoxFolder, line: AuthorityLine) -> None:
        """Has the room's broker certified by the authority when that is due. Raises ClassroomError."""

    def admit_devices(self, box: BoxFolder, devices: tuple[RoomDevice, ...]) -> None:
        """Exactly these devices may speak on the room's broker from now on. Raises ClassroomError."""

    def follow_room_plan(self, box: BoxFolder) -> None:
        """The rights on the room's brokers are those of the plan that the room agent keeps. Raises ClassroomError."""

    def programs_are_well(self) -> bool:
        """Whether the room agent has run for some minutes without a stop."""

    def restart_programs(self, box: BoxFolder) -> None:
        """The box's programs start again, with the release that was switched on."""


class Caretaker:
    """`attend` is one round; `run` makes rounds until it is stopped."""

    def __init__(self, box: BoxFolder, house: House, clock: Clock) -> None:
        self._box = box
        self._house = house
        self._clock = clock
        self._stopping = threading.Event()
        self._news_seen: tuple[int | None, ...] = ()
        self._warned: set[tuple[str, int]] = set()
        self._told: BoxReport | None = None
        self._rounds_since_report = 0
        self._away = False
        self._well = True

    def run(self) -> None:
        """Rounds every five minutes, give or take one, and at once when there is news or another plan of the room.

        Returns after `stop`, or when the box was taken out of use.
        """
        while not self._stopping.is_set():
            self._news_seen = self._news()
            if not self._attend_whatever_happens():
                return
            self._wait(EVERY_SECONDS + random.uniform(-JITTER_SECONDS, JITTER_SECONDS))

    def stop(self) -> None:
        """`run` returns after the round under way."""
        self._stopping.set()

    @property
    def is_away(self) -> bool:
        """Whether the authority could not be asked in the last round."""
        return self._away

    @property
    def is_well(self) -> bool:
        """False when a duty of the last round broke off over something that nobody foresaw."""
        return self._well

    def _attend_whatever_happens(self) -> bool:
        try:
            return self.attend()
        except NotEnrolledError:
            raise
        except Exception as error:  # noqa: BLE001 - the outermost call of the program's only thread; the next round may work
            self._broke("The round", error)
            return True

    def attend(self) -> bool:
        """One round; False when the box was taken out of use and wiped. Raises NotEnrolledError."""
        self._well = True
        self._box.read_room()
        now = self._clock.now()
        self._duty("room plan", lambda: self._house.follow_room_plan(self._box))
        self._duty("identity", lambda: exam_identities.settle(self._box, now))
        speaking = authority_talk.speaking_identity(self._box, now)
        self._warn(now)
        if renewal.has_expired(speaking, now):
            self._duty("late renewal", lambda: renewal.renew_late(self._box, speaking))
            speaking = authority_talk.speaking_identity(self._box, now)
        try:
            with authority_talk.line_with(self._box, speaking) as line:
                orders = line.get("/v1/orders", BoxOrders)
                self._note_away(None)
                if orders.decommissioned:
                    decommission.wipe(self._box, decommission.Waiting.KEPT)
                    self._house.restart_programs(self._box)
                    log.warning("Hộp đã bị thu hồi và đã được xoá. This box was taken out of use and is wiped.")
                    return False
                self._follow(line, orders)
        except ClassroomError as error:
            self._note_away(error)
        return True

    def _follow(self, line: AuthorityLine, orders: BoxOrders) -> None:
        box, now = self._box, orders.now
        words: list[BoxReport] = []
        self._duty("trust list", lambda: self._fetch_trust_list(line, orders))
        speaking = authority_talk.speaking_identity(box, now)
        if orders.renew_certificate or renewal.is_due(speaking, now):
            self._duty("renewal", lambda: renewal.renew(box, line, speaking))
        self._duty("exam certificates", lambda: self._see_to_exams(line, orders))
        self._duty("room certificate", lambda: self._house.certify_room_broker(box, line))
        self._duty("room devices", lambda: self._admit_devices(orders))
        self._duty("release", lambda: words.extend(self._follow_release(line, orders)))
        self._duty("report", lambda: self._report(words))

    def _fetch_trust_list(self, line: AuthorityLine, orders: BoxOrders) -> None:
        held = trust_store.held(self._box)
        if held is None or orders.trust_list_version > held.version or orders.now - held.issued_at >= FETCH_AGAIN_AFTER:
            trust_store.take(self._box, line.get("/v1/trust-list", SignedTrustList))

    def _see_to_exams(self, line: AuthorityLine, orders: BoxOrders) -> None:
        exam_identities.forget_cancelled(self._box, orders.exams, orders.now)
        exam_identities.fetch(self._box, line, orders.exams, orders.now)
        exam_identities.settle(self._box, orders.now)

    def _admit_devices(self, orders: BoxOrders) -> None:
        room = self._box.read_room()
        if orders.room_devices_version != room.room_devices_version:
            self._house.admit_devices(self._box, orders.room_devices)
            self._box.write_room(msgspec.structs.replace(room, room_devices_version=orders.room_devices_version))

    def _follow_release(self, line: AuthorityLine, orders: BoxOrders) -> list[BoxReport]:
        source = NetworkSource(line, self._clock)
        if self._house.programs_are_well():
            confirm(self._box.path)
        if orders.wanted != WantedRelease() and not trusts_root(self._box.path / UPDATES):
            # enrolled before there was a release: the very authority and line that enrolment itself rests on
            trust_root(self._box.path / UPDATES, line.fetch(FIRST_ROOT, MOST_ROOT_BYTES))
        followed: Followed = follow(self._box.path, orders.wanted, source, orders.now)
        if followed.restart:
            self._house.restart_programs(self._box)
        return [
            msgspec.structs.replace(
                authority_talk.report_of(self._box),
                update_target=word.target,
                update_outcome=word.outcome,
                update_sentence=word.sentence,
            )
            for word in followed.words
        ]

    def _report(self, words: list[BoxReport]) -> None:
        """Over the identity that speaks now: after a renewal this is the new certificate's first word."""
        reports = words or [authority_talk.report_of(self._box)]
        self._rounds_since_report += 1
        if reports[-1] == self._told and self._rounds_since_report < REPORT_EVERY_ROUNDS:
            return
        speaking = authority_talk.speaking_identity(self._box, self._clock.now())
        with authority_talk.line_with(self._box, speaking) as line:
            for report in reports:
                authority_talk.say(line, report)
        self._told, self._rounds_since_report = reports[-1], 0

    def _warn(self, now: datetime) -> None:
        """30, 14 and 7 days before a certificate ends, once each."""
        for name in identities.names(self._box):
            days = renewal.days_of_warning(self._box.identities / name, now)
            if days is None or name.startswith(identities.EXAM_PREFIX) or (name, days) in self._warned:
                continue
            self._warned.add((name, days))
            if days:
                log.warning("Chứng thư còn dưới %s ngày. The certificate %s ends within %s days.", days, name, days)
            else:
                log.warning("Chứng thư đã hết hạn. The certificate %s is over.", name)

    def _duty(self, name: str, do: Callable[[], object]) -> None:
        try:
            do()
        except ClassroomError as error:
            log.warning("%s: %s It is tried again; the box keeps what it has.", name, error)
        except OSError as error:
            self._broke(name, error)

    def _broke(self, name: str, error: Exception) -> None:
        self._well = False
        log.error("%s broke off. It is tried again; the box keeps what it has.", name, exc_info=error)

    def _note_away(self, error: ClassroomError | None) -> None:
        """Logs once when the authority goes and once when it returns."""
        if error is not None and not self._away:
            log.warning("The authority cannot be asked: %s", error)
        if error is None and self._away:
            log.info("The authority answers again.")
        self._away = error is not None

    def _news(self) -> tuple[int | None, ...]:
        """When the room agent last had news of the authority, and when it last took a plan of the room."""
        return tuple(_changed_at(path) for path in (self._box.news, self._box.room_plan))

    def _wait(self, seconds: float) -> None:
        end = self._clock.monotonic_ms() + int(seconds * 1000)
        while self._clock.monotonic_ms() < end and self._news() == self._news_seen:
            if self._stopping.wait(LOOK_FOR_NEWS_SECONDS):
                return


def _changed_at(path: Path) -> int | None:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return None
