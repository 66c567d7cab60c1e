"""Tells people of alerts: letters are written into the store, then sent; a mail server that is away loses none.

Alerts are grouped by cause, bounded for each school and hour, silent in quiet hours, and summed up each morning; what
somebody acknowledged is not repeated. A thread of its own: nothing here holds up a box's rows. Not here: the words
(`alert_words`), e-mail and webhook themselves (`alert_carriers`).
"""

import logging
import threading
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, Connection, func, select, update

from central.database import Database, read_as
from central.measuring.alert_carriers import Carrier, CarrierError, Letter
from central.measuring.alert_words import Names, Told, Written, write_alerts, write_digest
from central.measuring.tables import alert_letters, alerts
from central.registers import alert_recipients, brief_devices, place_register
from central.settings import AlertSettings
from models.clock import SCHOOL_ZONE, Clock
from models.errors import StorageError
from models.telemetry import AlertKind

log = logging.getLogger(__name__)

ROUND_SECONDS: Final = 30.0
NEWS_FOR: Final = timedelta(days=2)
"""An alert that is older when it comes (history after an outage) stands on the pages, and nobody is woken for it."""

GIVEN_UP_AFTER: Final = timedelta(days=3)
LONGEST_WAIT: Final = timedelta(hours=1)
DIGEST_LINES: Final = 30
LETTERS_IN_A_ROUND: Final = 50
URGENT: Final = frozenset({AlertKind.DOOR_OPEN, AlertKind.HOT})
"""A door that opens at night and what grows too hot cannot wait for the morning."""

DIGEST_WITHIN: Final = timedelta(hours=1)
"""So long after the quiet hours the morning's letter is still one; who starts later tells what is new alone."""

MAIL, WEBHOOK = "mail", "webhook"
ALERTS, DIGEST = "alerts", "digest"
_FIRST_DAY: Final = datetime(1970, 1, 1, tzinfo=SCHOOL_ZONE).toordinal()


class AlertPost:
    """`start` looks every half minute until `stop`; `write` and `send` are its two tasks, also for tests."""

    def __init__(
        self,
        *,
        measurements: Database,
        central: Database,
        carriers: Mapping[str, Carrier],
        settings: AlertSettings,
        clock: Clock,
    ) -> None:
        self._measurements = measurements
        self._central = central
        self._carriers = carriers
        self._settings = settings
        self._clock = clock
        self._failing: set[str] = set()
        self._digest_day = -1
        self._of_schools: Mapping[str, list[str]] = {}
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="alert-post")

    def start(self) -> None:
        """Begin; without any carrier there is nothing to do."""
        if self._carriers:
            self._thread.start()

    def stop(self) -> None:
        """End after the letter that is under way."""
        self._ended.set()
        if self._thread.ident is not None:
            self._thread.join()

    def _run(self) -> None:
        while not self._ended.wait(ROUND_SECONDS):
            try:
                self.write()
                self.send()
            except StorageError as error:
                log.warning("Alerts wait, because a store cannot be used: %s", error)
            except Exception:  # the outermost loop of this thread: what is not foreseen must not end it
                log.exception("The alert post failed in this round; it goes on with the next")

    def write(self) -> None:
        """Write the letters that are due now, each in the transaction that notes its alerts as told."""
        now = self._clock.now()
        with self._central.reading() as connection:
            schools = place_register.school_of_rooms(connection, None)
            self._of_schools = alert_recipients.every_recipient(connection)
        with self._measurements.writing() as connection:
            self._write_digests(connection, schools, now)
            news = alerts.c.told_at.is_(None)
            self._write_alerts(
                connection, schools, now, news & alerts.c.kind.in_(URGENT) if self._is_quiet(now) else news
            )

    def _write_alerts(
        self, connection: Connection, schools: Mapping[str, str], now: datetime, which: ColumnElement[bool]
    ) -> None:
        """These alerts, of which nobody was told; what ended or is acknowledged meanwhile needs no letter any more."""
        by_school: dict[str, list[Told]] = {}
        settled: list[str] = []
        for one in _told(connection, which):
            if one.ended_at is not None or one.acknowledged or one.began_at < now - NEWS_FOR:
                settled.append(one.alert_id)
            else:
                by_school.setdefault(schools.get(one.room_id, ""), []).append(one)
        for school, waiting in by_school.items():
            room_left = self._settings.lines_an_hour - _lines_since(connection, school, now - timedelta(hours=1))
            if room_left > 0:
                self._put(
                    connection, school, ALERTS, write_alerts(self._names(school, waiting), waiting, room_left), now
                )
                settled += [one.alert_id for one in waiting]
        _note_told(connection, settled, now)

    def _write_digests(self, connection: Connection, schools: Mapping[str, str], now: datetime) -> None:
        """Once a day after the quiet hours: the last day's alerts, and what lasts and nobody acknowledged."""
        day = _day(now)
        if day == self._digest_day or not self._is_morning(now):
            return
        since = now - timedelta(days=1)
        begun = _by_school(_told(connection, alerts.c.began_at >= since), schools)
        open_now = alerts.c.ended_at.is_(None) & alerts.c.acknowledged_at.is_(None)
        lasting = _by_school(_told(connection, open_now), schools)
        written = select(alert_letters.c.school_id).where(alert_letters.c.what == DIGEST, alert_letters.c.day == day)
        done = set(connection.execute(written).scalars())
        for school in sorted((begun.keys() | lasting.keys()) - done):
            news = begun.get(school, [])
            still = lasting.get(school, [])
            letter = write_digest(self._names(school, still), news, still, DIGEST_LINES)
            self._put(connection, school, DIGEST, letter, now)
            _note_told(connection, [one.alert_id for one in news], now)
        self._digest_day = day

    def _put(self, connection: Connection, school: str, what: str, written: Written, now: datetime) -> None:
        """The letter, once for each recipient; where nobody wants it, the pages alone show it."""
        emails = [one.email for one in self._settings.recipients if one.school in {"", school}]
        wanted = [(MAIL, email) for email in dict.fromkeys([*emails, *self._of_schools.get(school, [])])]
        if self._settings.webhook is not None:
            wanted.append((WEBHOOK, "webhook"))
        rows = [
            {
                "school_id": school, "what": what, "day": _day(now), "channel": channel, "recipient": recipient,
                "subject": written.subject, "body": written.body, "lines": written.lines, "made_at": now, "tries": 0,
                "next_try_at": now,
            }
            for channel, recipient in wanted
            if channel in self._carriers
        ]  # fmt: skip
        if rows:
            connection.execute(alert_letters.insert(), rows)

    def _names(self, school: str, told: list[Told]) -> Names:
        """How people call what a letter is about."""
        room_ids = sorted({one.room_id for one in told})
        with self._central.reading() as connection:
            known = place_register.find_school(connection, school, None)
            rooms = place_register.list_rooms(connection, None, room_ids)
            devices = brief_devices.devices_in(connection, room_ids)
        return Names(
            school=school if known is None else known.school_name,
            rooms={str(one.room_id): one.room_name for one in rooms},
            devices={one.device_id: " ".join(filter(None, (one.name, one.place))) for one in devices},
            page=f"{self._settings.pages.rstrip('/')}/alerts?school={school}" if self._settings.pages else "",
        )

    def _is_morning(self, now: datetime) -> bool:
        local = now.astimezone(SCHOOL_ZONE)
        begins = datetime.combine(local.date(), self._settings.quiet_until, SCHOOL_ZONE)
        return begins <= local < begins + DIGEST_WITHIN

    def _is_quiet(self, now: datetime) -> bool:
        moment, begins, ends = now.astimezone(SCHOOL_ZONE).time(), self._settings.quiet_from, self._settings.quiet_until
        return begins <= moment or moment < ends if begins > ends else begins <= moment < ends

    def send(self) -> None:
        """Hand over the letters whose time has come; what is refused is tried again, later each time."""
        now = self._clock.now()
        columns = alert_letters.c
        wanted = select(alert_letters).where(columns.next_try_at <= now).order_by(columns.id).limit(LETTERS_IN_A_ROUND)
        with self._measurements.reading() as connection:
            rows = connection.execute(wanted).all()
        refusing: set[str] = set()
        for row in rows:
            if self._ended.is_set() or row.channel in refusing:
                continue
            letter = Letter(
                number=row.id, school_id=row.school_id, what=row.what, recipient=row.recipient, subject=row.subject,
                body=row.body,
            )  # fmt: skip
            try:
                self._carriers[row.channel].carry(letter)
            except CarrierError as error:
                refusing.add(row.channel)
                self._note_refusal(row.channel, str(error))
                wait = min(timedelta(minutes=2**row.tries), LONGEST_WAIT)
                again = None if now - row.made_at > GIVEN_UP_AFTER else now + wait
                self._settle(row.id, tries=row.tries + 1, next_try_at=again)
            except KeyError:
                self._settle(row.id, next_try_at=None)  # this way of sending was taken out of the settings
            else:
                self._note_success(row.channel)
                self._settle(row.id, tries=row.tries + 1, sent_at=self._clock.now(), next_try_at=None)

    def _settle(self, number: int, **values: object) -> None:
        with self._measurements.writing() as connection:
            connection.execute(update(alert_letters).where(alert_letters.c.id == number).values(values))

    def _note_refusal(self, channel: str, sentence: str) -> None:
        if channel not in self._failing:
            log.warning("Letters about alerts wait: %s", sentence)
        self._failing.add(channel)

    def _note_success(self, channel: str) -> None:
        if channel in self._failing:
            log.info("Letters about alerts go out again by %s", channel)
        self._failing.discard(channel)


def _told(connection: Connection, which: ColumnElement[bool]) -> list[Told]:
    columns = [alerts.c[name] for name in Told.__struct_fields__ if name != "acknowledged"]
    acknowledged = alerts.c.acknowledged_at.is_not(None).label("acknowledged")
    wanted = select(*columns, acknowledged).where(which).order_by(alerts.c.began_at)
    return [read_as(row, Told) for row in connection.execute(wanted)]


def _by_school(told: list[Told], schools: Mapping[str, str]) -> dict[str, list[Told]]:
    found: dict[str, list[Told]] = {}
    for one in told:
        found.setdefault(schools.get(one.room_id, ""), []).append(one)
    return found


def _lines_since(connection: Connection, school: str, since: datetime) -> int:
    """Lines of alerts that the school was written since then; a letter to several recipients counts once."""
    letters = alert_letters.c
    mine = (letters.school_id == school) & (letters.what == ALERTS) & (letters.made_at > since)
    each = (
        select(letters.made_at, func.max(letters.lines).label("lines")).where(mine).group_by(letters.made_at).subquery()
    )
    return int(connection.execute(select(func.coalesce(func.sum(each.c.lines), 0))).scalar_one())


def _note_told(connection: Connection, alert_ids: list[str], now: datetime) -> None:
    for start in range(0, len(alert_ids), 500):
        some = alerts.c.alert_id.in_(alert_ids[start : start + 500]) & alerts.c.told_at.is_(None)
        connection.execute(update(alerts).where(some).values(told_at=now))


def _day(now: datetime) -> int:
    return now.astimezone(SCHOOL_ZONE).toordinal() - _FIRST_DAY
