"""A chart reads the minutes of its own metric alone, and a province's silence is counted without reading each word.

Each index takes the place of one that was there, so the writer keeps no more of them. Both kinds of database read an
index from the left: what asked by device, or by room, still finds it.
"""

from alembic import op

revision = "m0002"
down_revision = "m0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Change two indexes."""
    op.drop_index("ix_metric_minutes_device_minute", "metric_minutes")
    op.create_index("ix_metric_minutes_series", "metric_minutes", ["device_id", "metric", "minute"])
    op.drop_index("ix_device_latest_room_id", "device_latest")
    op.create_index("ix_device_latest_room_heard", "device_latest", ["room_id", "heard_at"])
