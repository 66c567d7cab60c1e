"""The measurement store's tables: how devices are, what they measure, and what was told of them.

A database of its own, so that a province's telemetry never waits for an exam's transaction, nor an exam's for it. One
program writes it (`central keep-measurements`) in large commits; pages only read, but for acknowledging alerts. Hours
and days are kept at arrival, so that a term's pages read hundreds of rows, not millions. Not here: who writes
(`intake`), who reads (`views`).
"""

from typing import Final

from sqlalchemy import BigInteger, Boolean, Column, Float, Index, Integer, MetaData, Table, Text

from central.database import ROW_NUMBER, Instant, metadata

measured = MetaData(naming_convention=metadata.naming_convention)
_SUM: Final = BigInteger().with_variant(Integer(), "sqlite")

marks = Table(
    "marks",
    measured,
    Column("box_id", Text, primary_key=True),
    Column("epoch", BigInteger, nullable=False),
    Column("held", BigInteger, nullable=False),
    Column("heard_at", Instant, nullable=False),
    Column("unreadable", _SUM, nullable=False),
    Column("foreign", _SUM, nullable=False),
)
"""How far each box's rows are held; `unreadable` rows, and rows about devices that are not of its room."""

latest = Table(
    "device_latest",
    measured,
    Column("device_id", Text, primary_key=True),
    Column("room_id", Text, nullable=False),
    Column("box_id", Text, nullable=False),
    Column("at", Instant, nullable=False),
    Column("heard_at", Instant),
    Column("online", Boolean, nullable=False),
    Column("reach", Text, nullable=False),
    Column("in_use", Boolean, nullable=False),
    Column("faults", Text, nullable=False),
    Column("firmware", Text, nullable=False),
    Column("readings", Text, nullable=False),
    sqlite_with_rowid=False,
)
Index("ix_device_latest_room_id", latest.c.room_id)
"""The newest `DeviceWord` of each device; `faults` and `readings` are JSON."""

words = Table(
    "device_words",
    measured,
    Column("id", ROW_NUMBER, primary_key=True),
    Column("device_id", Text, nullable=False),
    Column("at", Instant, nullable=False),
    Column("online", Boolean, nullable=False),
    Column("reach", Text, nullable=False),
    Column("in_use", Boolean, nullable=False),
    Column("faults", Text, nullable=False),
    Column("readings", Text, nullable=False),
)
"""Every word as it came, for `WORD_DAYS`; no index: it is read by box and day for support, never by a page."""

minutes = Table(
    "metric_minutes",
    measured,
    Column("id", ROW_NUMBER, primary_key=True),
    Column("device_id", Text, nullable=False),
    Column("metric", Text, nullable=False),
    Column("minute", Integer, nullable=False),
    Column("count", Integer, nullable=False),
    Column("lowest", Float, nullable=False),
    Column("highest", Float, nullable=False),
    Column("mean", Float, nullable=False),
    Column("last", Float, nullable=False),
    Column("doubtful", Integer, nullable=False),
    Column("unit", Text, nullable=False),
    Column("integrity", Text, nullable=False),
)
Index("ix_metric_minutes_series", minutes.c.device_id, minutes.c.metric, minutes.c.minute)
"""`MinuteValues`, for `MINUTE_DAYS`; `minute` is minutes since 1970 (UTC)."""

raw_values = Table(
    "raw_values",
    measured,
    Column("id", ROW_NUMBER, primary_key=True),
    Column("device_id", Text, nullable=False),
    Column("at", Instant, nullable=False),
    Column("left_out", Integer, nullable=False),
    Column("readings", Text, nullable=False),
)
Index("ix_raw_values_device", raw_values.c.device_id, raw_values.c.at)
"""`RawValues` that a person asked for, for `RAW_DAYS`: `at` is the newest of its instants.

`readings` is JSON, a list of (metric, Unix milliseconds, value, unit): it is read whole, for one chart.
"""

hours = Table(
    "metric_hours",
    measured,
    Column("device_id", Text, primary_key=True),
    Column("metric", Text, primary_key=True),
    Column("hour", Integer, primary_key=True),
    Column("count", _SUM, nullable=False),
    Column("lowest", Float, nullable=False),
    Column("highest", Float, nullable=False),
    Column("total", Float, nullable=False),
    Column("unit", Text, nullable=False),
    sqlite_with_rowid=False,
)
Index("ix_metric_hours_hour", hours.c.hour)
"""Hours since 1970 (UTC) of a metric; `total` / `count` is the mean."""

room_hours = Table(
    "room_hours",
    measured,
    Column("room_id", Text, primary_key=True),
    Column("hour", Integer, primary_key=True),
    Column("minutes_mask", BigInteger, nullable=False),
    Column("device_minutes", Integer, nullable=False),
    sqlite_with_rowid=False,
)
Index("ix_room_hours_hour", room_hours.c.hour, room_hours.c.room_id)
"""Use of a room: bit n of `minutes_mask` says that some device was in use in minute n of the hour."""

device_days = Table(
    "device_days",
    measured,
    Column("device_id", Text, primary_key=True),
    Column("day", Integer, primary_key=True),
    Column("room_id", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("minutes_online", Integer, nullable=False),
    Column("minutes_in_use", Integer, nullable=False),
    Column("faults_begun", Integer, nullable=False),
    Column("words", Integer, nullable=False),
    sqlite_with_rowid=False,
)
Index("ix_device_days_room_day", device_days.c.room_id, device_days.c.day)
Index("ix_device_days_day", device_days.c.day)
"""A device's day; `day` counts days since 1970-01-01 in Asia/Ho_Chi_Minh."""

room_days = Table(
    "room_days",
    measured,
    Column("room_id", Text, primary_key=True),
    Column("day", Integer, primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("devices_heard", Integer, nullable=False),
    Column("devices_used", Integer, nullable=False),
    Column("minutes_in_use", Integer, nullable=False),
    Column("faults_begun", Integer, nullable=False),
    sqlite_with_rowid=False,
)
Index("ix_room_days_day", room_days.c.day, room_days.c.room_id)
"""The same summed over the devices of one kind in a room."""

alerts = Table(
    "alerts",
    measured,
    Column("alert_id", Text, primary_key=True),
    Column("device_id", Text, nullable=False, index=True),
    Column("room_id", Text, nullable=False),
    Column("box_id", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("began_at", Instant, nullable=False),
    Column("ended_at", Instant),
    Column("value", Float),
    Column("sentence", Text, nullable=False),
    Column("told_at", Instant),
    Column("acknowledged_at", Instant),
    Column("acknowledged_by", Text),
    Column("note", Text, nullable=False),
)
Index("ix_alerts_room_ended", alerts.c.room_id, alerts.c.ended_at)
Index("ix_alerts_began", alerts.c.began_at)
Index(
    "ix_alerts_lasting",
    alerts.c.device_id,
    alerts.c.kind,
    sqlite_where=alerts.c.ended_at.is_(None),
    postgresql_where=alerts.c.ended_at.is_(None),
)
"""`told_at`: when it went out by e-mail or webhook, or was held back for good."""

commands_done = Table(
    "device_commands_done",
    measured,
    Column("command_id", Text, primary_key=True),
    Column("device_id", Text, primary_key=True),
    Column("room_id", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("argument", Text, nullable=False),
    Column("asked", Text, nullable=False),
    Column("asked_by", Text, nullable=False),
    Column("asked_at", Instant, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("finished_at", Instant, nullable=False),
    Column("sentence", Text, nullable=False),
)
Index("ix_device_commands_done_device", commands_done.c.device_id, commands_done.c.finished_at)
Index("ix_device_commands_done_finished", commands_done.c.finished_at)

found = Table(
    "found_devices",
    measured,
    Column("box_id", Text, primary_key=True),
    Column("place", Text, primary_key=True),
    Column("room_id", Text, nullable=False, index=True),
    Column("what", Text, nullable=False),
    Column("confidence", Float, nullable=False),
    Column("maker", Text, nullable=False),
    Column("model", Text, nullable=False),
    Column("serial", Text, nullable=False),
    Column("firmware", Text, nullable=False),
    Column("link", Text, nullable=False),
    Column("at", Instant, nullable=False),
)
"""What boxes found that no plan knows; `link` is the JSON of a `models.room_plan.Link`."""

gaps = Table(
    "gaps",
    measured,
    Column("id", ROW_NUMBER, primary_key=True),
    Column("box_id", Text, nullable=False, index=True),
    Column("count", Integer, nullable=False),
    Column("since", Instant, nullable=False),
    Column("until", Instant, nullable=False),
)

alert_letters = Table(
    "alert_letters",
    measured,
    Column("id", ROW_NUMBER, primary_key=True),
    Column("school_id", Text, nullable=False),
    Column("what", Text, nullable=False),
    Column("day", Integer, nullable=False),
    Column("channel", Text, nullable=False),
    Column("recipient", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("lines", Integer, nullable=False),
    Column("made_at", Instant, nullable=False),
    Column("sent_at", Instant),
    Column("tries", Integer, nullable=False),
    Column("next_try_at", Instant),
)
Index("ix_alert_letters_next_try_at", alert_letters.c.next_try_at)
"""E-mails and webhook calls until they are sent, and `LETTER_DAYS` longer; `next_try_at` is NULL when it is settled.

Written in the transaction that sets `alerts.told_at`: a mail server that is away loses nothing. `what` is "alerts" or
"digest", `day` as in `device_days`.
"""

WORD_DAYS: Final = 8
MINUTE_DAYS: Final = 35
RAW_DAYS: Final = 2
FOUND_DAYS: Final = 8
ALERT_DAYS: Final = 800
COMMAND_DAYS: Final = 800
DAY_DAYS: Final = 800
HOUR_DAYS: Final = 400
GAP_DAYS: Final = 400
LETTER_DAYS: Final = 8
"""How long rows are kept."""
