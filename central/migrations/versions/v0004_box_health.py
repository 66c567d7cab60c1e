"""Health history of boxes, and orders to them."""

import sqlalchemy as sa
from alembic import op

revision = "v0004"
down_revision = "v0003"
branch_labels = None
depends_on = None

ROW_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "box_health",
        sa.Column("id", ROW_NUMBER, nullable=False),
        sa.Column("box_id", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("waiting", sa.BigInteger(), nullable=False),
        sa.Column("uptime_seconds", sa.BigInteger(), nullable=True),
        sa.Column("temperature_celsius", sa.Float(), nullable=True),
        sa.Column("load_percent", sa.Float(), nullable=True),
        sa.Column("disk_free_megabytes", sa.BigInteger(), nullable=True),
        sa.Column("memory_free_megabytes", sa.BigInteger(), nullable=True),
        sa.Column("clock_off_seconds", sa.Float(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_box_health")),
    )
    op.create_index(op.f("ix_box_health_at"), "box_health", ["at"])
    op.create_index("ix_box_health_box_id_at", "box_health", ["box_id", "at"])
    op.create_table(
        "box_commands",
        sa.Column("number", ROW_NUMBER, nullable=False),
        sa.Column("command_id", sa.Text(), nullable=False),
        sa.Column("box_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("ordered_by", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("issued_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("signature", sa.LargeBinary(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("sentence", sa.Text(), nullable=True),
        sa.Column("answered_at", sa.BigInteger(), nullable=True),
        sa.Column("attachment", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_box_commands")),
        sa.UniqueConstraint("command_id", name=op.f("uq_box_commands_command_id")),
    )
    op.create_index(op.f("ix_box_commands_box_id"), "box_commands", ["box_id"])
    op.create_index(op.f("ix_box_commands_expires_at"), "box_commands", ["expires_at"])
