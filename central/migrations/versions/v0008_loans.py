"""Who borrowed a device, which devices were seen where, and who is told of a school's alerts."""

import sqlalchemy as sa
from alembic import op

revision = "v0008"
down_revision = "v0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "alert_recipients",
        sa.Column("school_id", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["school_id"], ["schools.school_id"], name=op.f("fk_alert_recipients_school_id")),
        sa.PrimaryKeyConstraint("school_id", "email", name=op.f("pk_alert_recipients")),
    )
    op.create_table(
        "device_loans",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("device_id", sa.Text(), nullable=False),
        sa.Column("borrower", sa.Text(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("lent_at", sa.BigInteger(), nullable=False),
        sa.Column("lent_by", sa.Text(), nullable=False),
        sa.Column("returned_at", sa.BigInteger(), nullable=True),
        sa.Column("returned_by", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["device_id"], ["devices.device_id"], name=op.f("fk_device_loans_device_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_device_loans")),
    )
    op.create_index(op.f("ix_device_loans_device_id"), "device_loans", ["device_id"])
    op.create_index(
        "uq_device_loans_out",
        "device_loans",
        ["device_id"],
        unique=True,
        sqlite_where=sa.text("returned_at IS NULL"),
        postgresql_where=sa.text("returned_at IS NULL"),
    )
    op.create_table(
        "device_sightings",
        sa.Column("room_id", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("device_id", sa.Text(), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.Column("seen_by", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["device_id"], ["devices.device_id"], name=op.f("fk_device_sightings_device_id")),
        sa.ForeignKeyConstraint(["room_id"], ["rooms.room_id"], name=op.f("fk_device_sightings_room_id")),
        sa.PrimaryKeyConstraint("room_id", "day", "device_id", name=op.f("pk_device_sightings")),
    )
    op.create_index(op.f("ix_device_sightings_device_id"), "device_sightings", ["device_id"])
