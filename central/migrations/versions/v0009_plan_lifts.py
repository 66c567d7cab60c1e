"""What is added to the version of a room's plan when its box holds a higher one."""

import sqlalchemy as sa
from alembic import op

revision = "v0009"
down_revision = "v0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column."""
    op.add_column("room_plans", sa.Column("lift", sa.BigInteger(), nullable=False, server_default="0"))
