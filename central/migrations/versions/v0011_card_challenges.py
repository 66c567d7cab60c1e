"""Challenges for chips, each handed to one box."""

import sqlalchemy as sa
from alembic import op

revision = "v0011"
down_revision = "v0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "card_challenges",
        sa.Column("challenge", sa.LargeBinary(), nullable=False),
        sa.Column("box_id", sa.Text(), nullable=False),
        sa.Column("issued_at", sa.BigInteger(), nullable=False),
        sa.Column("used_for", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("challenge", name=op.f("pk_card_challenges")),
    )
    op.create_index(op.f("ix_card_challenges_issued_at"), "card_challenges", ["issued_at"])
