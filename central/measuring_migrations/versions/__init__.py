"""The history of the measurement store, oldest first; each step runs in one transaction (Alembic)."""
