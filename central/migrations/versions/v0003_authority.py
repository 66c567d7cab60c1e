"""What the authority says of boxes, as central last heard it."""

import sqlalchemy as sa
from alembic import op

revision = "v0003"
down_revision = "v0002"
branch_labels = None
depends_on = None

ROW_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the tables."""
    for name, kind in (("revoked_at", sa.BigInteger()), ("counted_from", sa.BigInteger())):
        op.add_column("boxes", sa.Column(name, kind, nullable=True))
    op.add_column("boxes", sa.Column("sessions_counted", sa.BigInteger(), nullable=False, server_default="0"))
    op.create_table(
        "box_records",
        sa.Column("box_id", sa.Text(), nullable=False),
        sa.Column("change", sa.BigInteger(), nullable=False),
        sa.Column("room_id", sa.Text(), nullable=False),
        sa.Column("school_id", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("record", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("box_id", name="pk_box_records"),
    )
    op.create_index("ix_box_records_room_id", "box_records", ["room_id"])
    op.create_index("ix_box_records_school_id", "box_records", ["school_id"])
    op.create_table(
        "authority_marks",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_authority_marks"),
    )
    op.create_table(
        "deliveries",
        sa.Column("id", ROW_NUMBER, nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("school_id", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_deliveries"),
    )
    op.create_index("ix_deliveries_school_id", "deliveries", ["school_id"])
    op.create_table(
        "delivery_rooms",
        sa.Column("delivery_id", ROW_NUMBER, nullable=False),
        sa.Column("room_id", sa.Text(), nullable=False),
        sa.Column("room_name", sa.Text(), nullable=False),
        sa.Column("school_name", sa.Text(), nullable=False),
        sa.Column("good_until", sa.BigInteger(), nullable=True),
        sa.Column("refusal", sa.Text(), nullable=True),
        sa.Column("replaces", sa.Text(), nullable=True),
        sa.Column("box_id", sa.Text(), nullable=True),
        sa.Column("certified_at", sa.BigInteger(), nullable=True),
        sa.Column("voided_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["delivery_id"], ["deliveries.id"], name="fk_delivery_rooms_delivery_id_deliveries"),
        sa.PrimaryKeyConstraint("delivery_id", "room_id", name="pk_delivery_rooms"),
    )
    op.create_index("ix_delivery_rooms_room_id", "delivery_rooms", ["room_id"])
