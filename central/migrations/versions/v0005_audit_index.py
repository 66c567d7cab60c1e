"""The audit log is asked for one deed, and for one deed on one box."""

from alembic import op

revision = "v0005"
down_revision = "v0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the index."""
    op.create_index("ix_audit_log_action", "audit_log", ["action", "subject"])
