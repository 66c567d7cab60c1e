"""Measurements of devices, figures of rooms, alerts, and letters about them."""

import sqlalchemy as sa
from alembic import op

revision = "m0001"
down_revision = None
branch_labels = None
depends_on = None

ROW_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "alert_letters",
        sa.Column("id", ROW_NUMBER, nullable=False),
        sa.Column("school_id", sa.Text(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("day", sa.Integer(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("recipient", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("lines", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("sent_at", sa.BigInteger(), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("next_try_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alert_letters")),
    )
    op.create_index("ix_alert_letters_next_try_at", "alert_letters", ["next_try_at"])
    op.create_table(
        "alerts",
        sa.Column("alert_id", sa.Text(), nullable=False),
        sa.Column("device_id", sa.Text(), nullable=False),
        sa.Column("room_id", sa.Text(), nullable=False),
        sa.Column("box_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("began_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("value", sa.Float(), nullable=True),
        sa.Column("sentence", sa.Text(), nullable=False),
        sa.Column("told_at", sa.BigInteger(), nullable=True),
        sa.Column("acknowledged_at", sa.BigInteger(), nullable=True),
        sa.Column("acknowledged_by", sa.Text(), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("alert_id", name=op.f("pk_alerts")),
    )
    op.create_index("ix_alerts_began", "alerts", ["began_at"])
    op.create_index(op.f("ix_alerts_device_id"), "alerts", ["device_id"])
    op.create_index("ix_alerts_room_ended", "alerts", ["room_id", "ended_at"])
    op.create_table(
        "device_commands_done",
        sa.Column("command_id", sa.Text(), nullable=False),
        sa.Column("device_id", sa.Text(), nullable=False),
        sa.Column("room_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("argument", sa.Text(), nullable=False),
        sa.Column("asked", sa.Text(), nullable=False),
        sa.Column("asked_by", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("finished_at", sa.BigInteger(), nullable=False),
        sa.Column("sentence", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("command_id", "device_id", name=op.f("pk_device_commands_done")),
    )
    op.create_index("ix_device_commands_done_device", "device_commands_done", ["device_id", "finished_at"])
    op.create_table(
        "device_days",
        sa.Column("device_id", sa.Text(), nullable=False),
        sa.Column("day", sa.Integer(), nullable=False),
        sa.Column("room_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("minutes_online", sa.Integer(), nullable=False),
        sa.Column("minutes_in_use", sa.Integer(), nullable=False),
        sa.Column("faults_begun", sa.Integer(), nullable=False),
        sa.Column("words", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("device_id", "day", name=op.f("pk_device_days")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_device_days_day", "device_days", ["day"])
    op.create_index("ix_device_days_room_day", "device_days", ["room_id", "day"])
    op.create_table(
        "device_latest",
        sa.Column("device_id", sa.Text(), nullable=False),
        sa.Column("room_id", sa.Text(), nullable=False),
        sa.Column("box_id", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("heard_at", sa.BigInteger(), nullable=True),
        sa.Column("online", sa.Boolean(), nullable=False),
        sa.Column("reach", sa.Text(), nullable=False),
        sa.Column("in_use", sa.Boolean(), nullable=False),
        sa.Column("faults", sa.Text(), nullable=False),
        sa.Column("firmware", sa.Text(), nullable=False),
        sa.Column("readings", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("device_id", name=op.f("pk_device_latest")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_device_latest_room_id"), "device_latest", ["room_id"])
    op.create_table(
        "device_words",
        sa.Column("id", ROW_NUMBER, nullable=False),
        sa.Column("device_id", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("online", sa.Boolean(), nullable=False),
        sa.Column("reach", sa.Text(), nullable=False),
        sa.Column("in_use", sa.Boolean(), nullable=False),
        sa.Column("faults", sa.Text(), nullable=False),
        sa.Column("readings", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_device_words")),
    )
    op.create_table(
        "found_devices",
        sa.Column("box_id", sa.Text(), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("room_id", sa.Text(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("confidence", sa.Float(), nullable=False),
        sa.Column("maker", sa.Text(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("serial", sa.Text(), nullable=False),
        sa.Column("firmware", sa.Text(), nullable=False),
        sa.Column("link", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("box_id", "place", name=op.f("pk_found_devices")),
    )
    op.create_index(op.f("ix_found_devices_room_id"), "found_devices", ["room_id"])
    op.create_table(
        "gaps",
        sa.Column("id", ROW_NUMBER, nullable=False),
        sa.Column("box_id", sa.Text(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gaps")),
    )
    op.create_index(op.f("ix_gaps_box_id"), "gaps", ["box_id"])
    op.create_table(
        "marks",
        sa.Column("box_id", sa.Text(), nullable=False),
        sa.Column("epoch", sa.BigInteger(), nullable=False),
        sa.Column("held", sa.BigInteger(), nullable=False),
        sa.Column("heard_at", sa.BigInteger(), nullable=False),
        sa.Column("unreadable", sa.Integer(), nullable=False),
        sa.Column("foreign", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("box_id", name=op.f("pk_marks")),
    )
    op.create_table(
        "metric_hours",
        sa.Column("device_id", sa.Text(), nullable=False),
        sa.Column("metric", sa.Text(), nullable=False),
        sa.Column("hour", sa.Integer(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("lowest", sa.Float(), nullable=False),
        sa.Column("highest", sa.Float(), nullable=False),
        sa.Column("total", sa.Float(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("device_id", "metric", "hour", name=op.f("pk_metric_hours")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_metric_hours_hour", "metric_hours", ["hour"])
    op.create_table(
        "metric_minutes",
        sa.Column("id", ROW_NUMBER, nullable=False),
        sa.Column("device_id", sa.Text(), nullable=False),
        sa.Column("metric", sa.Text(), nullable=False),
        sa.Column("minute", sa.Integer(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("lowest", sa.Float(), nullable=False),
        sa.Column("highest", sa.Float(), nullable=False),
        sa.Column("mean", sa.Float(), nullable=False),
        sa.Column("last", sa.Float(), nullable=False),
        sa.Column("doubtful", sa.Integer(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("integrity", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_metric_minutes")),
    )
    op.create_index("ix_metric_minutes_device_minute", "metric_minutes", ["device_id", "minute"])
    op.create_table(
        "room_days",
        sa.Column("room_id", sa.Text(), nullable=False),
        sa.Column("day", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("devices_heard", sa.Integer(), nullable=False),
        sa.Column("devices_used", sa.Integer(), nullable=False),
        sa.Column("minutes_in_use", sa.Integer(), nullable=False),
        sa.Column("faults_begun", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("room_id", "day", "kind", name=op.f("pk_room_days")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_room_days_day", "room_days", ["day", "room_id"])
    op.create_table(
        "room_hours",
        sa.Column("room_id", sa.Text(), nullable=False),
        sa.Column("hour", sa.Integer(), nullable=False),
        sa.Column("minutes_mask", sa.BigInteger(), nullable=False),
        sa.Column("device_minutes", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("room_id", "hour", name=op.f("pk_room_hours")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_room_hours_hour", "room_hours", ["hour", "room_id"])
