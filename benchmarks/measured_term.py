"""A term of measurements for a whole province, as `keep-measurements` would have left it, made inside the store.

Five months of days of all devices that speak and hours of the sensor boards, a day of minutes, alerts. Figures follow
from each device's number: the same devices make the same term. Rows are made by the database itself, in the order of
the primary key, and the other indexes after them. Not here: measuring (`principal_pages`).
"""

from datetime import datetime
from typing import Final

from sqlalchemy import Connection, select, text

from central.database import Database
from central.measuring.history import day_number
from central.measuring.tables import measured
from central.registers.device_tables import devices
from models.clock import SCHOOL_ZONE, to_unix_ms
from models.equipment import EquipmentKind, speaks

DAYS: Final = 150
_STAGES: Final = (
    "CREATE TABLE staged (device_id TEXT PRIMARY KEY, room_id TEXT, kind TEXT, number INTEGER)",
    "CREATE INDEX staged_by_kind ON staged (room_id, kind, number)",
    "CREATE TABLE staged_kinds (room_id TEXT, kind TEXT, PRIMARY KEY (room_id, kind))",
    "CREATE TABLE staged_boards (device_id TEXT PRIMARY KEY)",
    "CREATE TABLE staged_rooms (room_id TEXT PRIMARY KEY, number INTEGER, device_id TEXT)",
    "CREATE TABLE n (i INTEGER PRIMARY KEY)",
    "CREATE TABLE metric_names (metric TEXT PRIMARY KEY)",
    "CREATE TABLE hours_of_use (hour INTEGER PRIMARY KEY)",
)
_FILLS: Final = (
    "INSERT INTO staged_kinds SELECT DISTINCT room_id, kind FROM staged ORDER BY 1, 2",
    "INSERT INTO staged_boards SELECT device_id FROM staged WHERE kind = 'sensor board' ORDER BY 1",
    "INSERT INTO staged_rooms SELECT room_id, MIN(number), MIN(device_id) FROM staged GROUP BY room_id",
    "INSERT INTO hours_of_use VALUES (7), (8), (9), (10), (14), (15)",
    "INSERT INTO metric_names VALUES ('co2'), ('humidity'), ('temperature')",
)
_UNSTAGES: Final = tuple(
    f"DROP TABLE {name}"
    for name in ("staged", "staged_kinds", "staged_boards", "staged_rooms", "n", "metric_names", "hours_of_use")
)
_STEPS: Final = {
    "device_days": """INSERT INTO device_days
        SELECT device_id, :first_day + i, room_id, kind, 540, 45 * ((number + i) % 4),
               CASE WHEN (number + i) % 31 = 0 THEN 1 ELSE 0 END, 110 FROM staged CROSS JOIN n WHERE i < :many""",
    "room_days": """INSERT INTO room_days
        SELECT g.room_id, :first_day + i, g.kind, COUNT(*), SUM(CASE WHEN (number + i) % 4 > 0 THEN 1 ELSE 0 END),
               SUM(45 * ((number + i) % 4)), SUM(CASE WHEN (number + i) % 31 = 0 THEN 1 ELSE 0 END)
        FROM staged_kinds g CROSS JOIN n CROSS JOIN staged s
        WHERE i < :many AND s.room_id = g.room_id AND s.kind = g.kind GROUP BY g.room_id, g.kind, i""",
    "room_hours": """INSERT INTO room_hours
        SELECT room_id, :first_hour + 24 * i + hour, (CAST(1 AS BIGINT) << (15 + (number + 11 * hour + i) % 46)) - 1,
               900 FROM staged_rooms CROSS JOIN n CROSS JOIN hours_of_use WHERE i < :many""",
    "metric_hours": """INSERT INTO metric_hours
        SELECT device_id, metric, :last_hour + 1 - :many + i, 60, 20 + i % 24 / 4.0 - 1, 20 + i % 24 / 4.0 + 1,
               60 * (20 + i % 24 / 4.0), 'Cel'
        FROM staged_boards CROSS JOIN metric_names CROSS JOIN n WHERE i < :many""",
    "metric_minutes": """INSERT INTO metric_minutes
        (device_id, metric, minute, count, lowest, highest, mean, last, doubtful, unit, integrity)
        SELECT device_id, metric, :last_minute + 1 - :many + i, 6, 20 + i % 60 / 10.0, 21 + i % 60 / 10.0,
               20.5 + i % 60 / 10.0, 21, 0, 'Cel', 'crc'
        FROM n CROSS JOIN staged_boards CROSS JOIN metric_names WHERE i < :many""",
    "device_latest": """INSERT INTO device_latest
        SELECT device_id, room_id, 'box', at, at, TRUE, 'ok', FALSE, '[]', '1.0',
               CASE WHEN kind = 'sensor board' THEN '{"temperature": 26.5, "humidity": 61.0, "co2": 900.0}'
                    ELSE '{"battery": ' || (40 + number % 60) || ', "charging": false}' END
        FROM (SELECT s.*, :now - CASE WHEN number % 40 = 0 THEN 86400000 ELSE 60000 END AS at FROM staged s) s""",
    "alerts": """INSERT INTO alerts
        (alert_id, device_id, room_id, box_id, kind, began_at, ended_at, sentence, note)
        SELECT room_id || '-' || i, device_id, room_id, 'box', CASE WHEN i % 2 = 0 THEN 'hot' ELSE 'battery low' END,
               :now - CAST(i AS BIGINT) * 777600000 - 7200000,
               CASE WHEN i < 2 THEN NULL ELSE :now - CAST(i AS BIGINT) * 777600000 END, '', ''
        FROM staged_rooms CROSS JOIN n WHERE i < :many""",
    "marks": "INSERT INTO marks SELECT 'box-' || room_id, 1, 1, :now, 0, 0 FROM staged_rooms",
}
"""Statements that SQLite and PostgreSQL read alike. SQLite takes the tables of a CROSS JOIN from left to right."""


def make_term(registers: Database, measurements: Database, now: datetime, days: int = DAYS) -> dict[str, int]:
    """Fill an empty, upgraded measurement store from the devices of the registers; returns rows by table."""
    with registers.reading() as connection:
        known = connection.execute(select(devices.c.device_id, devices.c.room_id, devices.c.kind)).all()
    speaking = sorted((name, room, kind) for name, room, kind in known if speaks(EquipmentKind(kind)))
    local = now.astimezone(SCHOOL_ZONE)
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    values = {
        "first_day": day_number(local.date()) - days + 1,
        "first_hour": to_unix_ms(midnight) // 3_600_000 - 24 * (days - 1),
        "last_hour": to_unix_ms(now) // 3_600_000,
        "last_minute": to_unix_ms(now) // 60_000 - 1,
        "now": to_unix_ms(now),
    }
    many = {"metric_hours": 24 * days, "metric_minutes": 24 * 60, "alerts": 6}
    made = {}
    with measurements.writing() as connection:
        _stage(connection, speaking, max(24 * days, 24 * 60))
    for table, statement in _STEPS.items():
        with measurements.writing() as connection:
            wanted = values | {"many": many.get(table, days)}
            named = {name: value for name, value in wanted.items() if f":{name}" in statement}
            made[table] = _fill(connection, table, statement, named)
    with measurements.writing() as connection:
        for statement in (*_UNSTAGES, "ANALYZE"):
            connection.execute(text(statement))
    return made


def _fill(connection: Connection, table: str, statement: str, values: dict[str, int]) -> int:
    if connection.dialect.name == "sqlite":
        connection.execute(text("PRAGMA cache_size=-262144"))
    indexes = sorted(measured.tables[table].indexes, key=lambda index: str(index.name))
    for index in indexes:
        index.drop(connection)
    rows = connection.execute(text(statement), values).rowcount
    for index in indexes:
        index.create(connection)
    return rows


def _stage(connection: Connection, speaking: list[tuple[str, str, str]], most: int) -> None:
    for statement in _STAGES:
        connection.execute(text(statement))
    rows = [
        {"device": name, "room": room, "kind": kind, "number": number}
        for number, (name, room, kind) in enumerate(speaking)
    ]
    connection.execute(text("INSERT INTO staged VALUES (:device, :room, :kind, :number)"), rows)
    connection.execute(text("INSERT INTO n VALUES (:i)"), [{"i": i} for i in range(most)])
    for statement in _FILLS:
        connection.execute(text(statement))
