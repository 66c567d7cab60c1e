"""A term of measurements for a whole province, as `keep-measurements` would have left it, made inside the store.

Five months of days of all devices that speak and hours of the sensor boards, a day of minutes, alerts. Figures follow
from each device's number: the same devices make the same term. Not here: measuring (`principal_pages`).
"""

from datetime import datetime
from typing import Final

from sqlalchemy import Connection, select, text

from central.database import Database
from central.measuring.history import day_number
from central.registers.device_tables import devices
from models.clock import SCHOOL_ZONE, to_unix_ms
from models.equipment import EquipmentKind, speaks

DAYS: Final = 150
_STAGES: Final = (
    "CREATE TABLE staged (device_id TEXT, room_id TEXT, kind TEXT, number INTEGER)",
    "CREATE TABLE n (i INTEGER)",
    "CREATE TABLE metric_names (metric TEXT)",
    "CREATE VIEW sensors AS SELECT * FROM staged WHERE kind = 'sensor board'",
)
_UNSTAGES: Final = ("DROP VIEW sensors", "DROP TABLE staged", "DROP TABLE n", "DROP TABLE metric_names", "ANALYZE")
_STEPS: Final = {
    "device_days": """INSERT INTO device_days
        SELECT device_id, :today - i, room_id, kind, 540, 45 * ((number + i) % 4),
               CASE WHEN (number + i) % 31 = 0 THEN 1 ELSE 0 END, 110 FROM staged, n WHERE i < :many ORDER BY 1, 2""",
    "room_days": """INSERT INTO room_days
        SELECT room_id, day, kind, COUNT(*), SUM(CASE WHEN minutes_in_use > 0 THEN 1 ELSE 0 END), SUM(minutes_in_use),
               SUM(faults_begun) FROM device_days GROUP BY room_id, day, kind""",
    "room_hours": """INSERT INTO room_hours
        SELECT room_id, :first_hour - 24 * i + h.hour,
               (CAST(1 AS BIGINT) << (15 + (room + 11 * h.hour + i) % 46)) - 1, 900
        FROM (SELECT room_id, MIN(number) AS room FROM staged GROUP BY room_id) r, n,
             (SELECT 7 AS hour UNION SELECT 8 UNION SELECT 9 UNION SELECT 10 UNION SELECT 14 UNION SELECT 15) h
        WHERE i < :many ORDER BY 1, 2""",
    "metric_hours": """INSERT INTO metric_hours
        SELECT device_id, metric, :last_hour - i, 60, 20 + i % 24 / 4.0 - 1, 20 + i % 24 / 4.0 + 1,
               60 * (20 + i % 24 / 4.0), 'Cel' FROM sensors d, metric_names m, n WHERE i < :many ORDER BY 1, 2, 3""",
    "metric_minutes": """INSERT INTO metric_minutes
        (device_id, metric, minute, count, lowest, highest, mean, last, doubtful, unit, integrity)
        SELECT device_id, metric, :last_minute - i, 6, 20 + i % 60 / 10.0, 21 + i % 60 / 10.0, 20.5 + i % 60 / 10.0, 21,
               0, 'Cel', 'crc' FROM n, sensors d, metric_names m WHERE i < :many""",
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
        FROM (SELECT room_id, MIN(device_id) AS device_id FROM staged GROUP BY room_id) r, n WHERE i < :many""",
    "marks": """INSERT INTO marks SELECT 'box-' || room_id, 1, 1, :now, 0, 0
        FROM (SELECT DISTINCT room_id FROM staged) r""",
}
"""Statements that SQLite and PostgreSQL read alike; rows come in the order of the primary key."""


def make_term(registers: Database, measurements: Database, now: datetime, days: int = DAYS) -> dict[str, int]:
    """Fill an empty, upgraded measurement store from the devices of the registers; returns rows by table."""
    with registers.reading() as connection:
        known = connection.execute(select(devices.c.device_id, devices.c.room_id, devices.c.kind)).all()
    speaking = [(name, room, kind) for name, room, kind in known if speaks(EquipmentKind(kind))]
    local = now.astimezone(SCHOOL_ZONE)
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    values = {
        "today": day_number(local.date()),
        "first_hour": to_unix_ms(midnight) // 3_600_000,
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
            made[table] = connection.execute(text(statement), named).rowcount
    with measurements.writing() as connection:
        for statement in _UNSTAGES:
            connection.execute(text(statement))
    return made


def _stage(connection: Connection, speaking: list[tuple[str, str, str]], most: int) -> None:
    for statement in _STAGES:
        connection.execute(text(statement))
    rows = [
        {"device": name, "room": room, "kind": kind, "number": number}
        for number, (name, room, kind) in enumerate(speaking)
    ]
    connection.execute(text("INSERT INTO staged VALUES (:device, :room, :kind, :number)"), rows)
    connection.execute(text("INSERT INTO n VALUES (:i)"), [{"i": i} for i in range(most)])
    metrics = ("co2", "humidity", "temperature")
    connection.execute(text("INSERT INTO metric_names VALUES (:metric)"), [{"metric": one} for one in metrics])
