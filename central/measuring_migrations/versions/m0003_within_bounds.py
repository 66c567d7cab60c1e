"""One box cannot stall the writer: lasting alerts and old commands are found at once, and counts do not run over."""

import sqlalchemy as sa
from alembic import op

revision = "m0003"
down_revision = "m0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Two indexes more; three columns hold more (SQLite's integers always did)."""
    lasting = sa.text("ended_at IS NULL")
    op.create_index(
        "ix_alerts_lasting", "alerts", ["device_id", "kind"], sqlite_where=lasting, postgresql_where=lasting
    )
    op.create_index("ix_device_commands_done_finished", "device_commands_done", ["finished_at"])
    if op.get_context().dialect.name == "sqlite":
        return
    for table, column in (("metric_hours", "count"), ("marks", "unreadable"), ("marks", "foreign")):
        op.alter_column(table, column, type_=sa.BigInteger(), existing_type=sa.Integer(), existing_nullable=False)
