"""The history of the schema, oldest first; each step runs in one transaction (Alembic)."""
