"""How devices are reached, schools' hours, and the versions of rooms' plans."""

import sqlalchemy as sa
from alembic import op

revision = "v0006"
down_revision = "v0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "device_links",
        sa.Column("device_id", sa.Text(), nullable=False),
        sa.Column("link", sa.Text(), nullable=False),
        sa.Column("commands", sa.Text(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["device_id"], ["devices.device_id"], name=op.f("fk_device_links_device_id")),
        sa.PrimaryKeyConstraint("device_id", name=op.f("pk_device_links")),
    )
    op.create_table(
        "school_hours",
        sa.Column("school_id", sa.Text(), nullable=False),
        sa.Column("hours", sa.Text(), nullable=False),
        sa.Column("announce", sa.Boolean(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["school_id"], ["schools.school_id"], name=op.f("fk_school_hours_school_id")),
        sa.PrimaryKeyConstraint("school_id", name=op.f("pk_school_hours")),
    )
    op.create_table(
        "room_plans",
        sa.Column("room_id", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("room_id", name=op.f("pk_room_plans")),
    )
    op.create_index(op.f("ix_room_plans_version"), "room_plans", ["version"])
