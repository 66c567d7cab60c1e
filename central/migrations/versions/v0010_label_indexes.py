"""A label finds its device by an index, and loans of long ago are found by when they ended."""

import sqlalchemy as sa
from alembic import op

revision = "v0010"
down_revision = "v0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the indexes."""
    op.create_index("ix_devices_lower_serial", "devices", [sa.text("lower(serial)")])
    op.create_index("ix_devices_lower_inventory", "devices", [sa.text("lower(inventory_number)")])
    op.create_index("ix_device_loans_returned_at", "device_loans", ["returned_at"])
