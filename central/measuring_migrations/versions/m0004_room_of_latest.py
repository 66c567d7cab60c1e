"""The newest word of a device changes no index: one with `heard_at` cost more than the morning's read won."""

from alembic import op

revision = "m0004"
down_revision = "m0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Change an index back."""
    op.drop_index("ix_device_latest_room_heard", "device_latest")
    op.create_index("ix_device_latest_room_id", "device_latest", ["room_id"])
