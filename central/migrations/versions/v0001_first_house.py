"""The first schema: events, admissions, rosters, boxes, staff, audit log, quarantine.

A published step is never edited: it says how stores of that time were made.
"""

import sqlalchemy as sa
from alembic import op

revision = "v0001"
down_revision = None
branch_labels = None
depends_on = None

ROW_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
APPEND_ONLY = ("audit_log", "event_log")


def upgrade() -> None:
    """Make all tables, and let the store itself refuse to change what is only ever added."""
    _make_tables()
    for table in APPEND_ONLY:
        if op.get_bind().dialect.name == "sqlite":
            _protect_on_sqlite(table)
        else:
            _protect_on_postgresql(table)


def _protect_on_sqlite(table: str) -> None:
    for deed, when in (
        ("UPDATE", ""),
        ("DELETE", ""),
        ("INSERT", f"WHEN EXISTS (SELECT 1 FROM {table} WHERE id = NEW.id)"),  # noqa: S608 the names stand above
    ):
        op.execute(
            f"CREATE TRIGGER {table}_refuses_{deed.lower()} BEFORE {deed} ON {table} {when} "
            f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        )


def _protect_on_postgresql(table: str) -> None:
    op.execute(
        f"CREATE FUNCTION {table}_refuses() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{table} is append-only'; END $$"
    )
    op.execute(
        f"CREATE TRIGGER {table}_refuses BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
        f"FOR EACH STATEMENT EXECUTE FUNCTION {table}_refuses()"
    )


def _make_tables() -> None:
    op.create_table(
        "admissions",
        sa.Column("id", ROW_NUMBER, nullable=False),
        sa.Column("uuid", sa.LargeBinary(), nullable=False),
        sa.Column("box_id", sa.Text(), nullable=False),
        sa.Column("exam_id", sa.Text(), nullable=False),
        sa.Column("session_id", sa.Text(), nullable=False),
        sa.Column("room_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("happened_at", sa.BigInteger(), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("candidate_number", sa.Text(), nullable=True),
        sa.Column("citizen_id", sa.Text(), nullable=True),
        sa.Column("seat", sa.Text(), nullable=True),
        sa.Column("light", sa.Text(), nullable=True),
        sa.Column("reasons", sa.Text(), nullable=True),
        sa.Column("assurance", sa.Text(), nullable=True),
        sa.Column("face_decision", sa.Text(), nullable=True),
        sa.Column("similarity", sa.Float(), nullable=True),
        sa.Column("minus_log10_fmr", sa.Float(), nullable=True),
        sa.Column("judged_again", sa.Text(), nullable=False),
        sa.Column("central_light", sa.Text(), nullable=True),
        sa.Column("central_reasons", sa.Text(), nullable=True),
        sa.Column("central_chip_verdict", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_admissions")),
        sa.UniqueConstraint("uuid", name=op.f("uq_admissions_uuid")),
    )
    op.create_index("ix_admissions_room", "admissions", ["session_id", "room_id", "id"], unique=False)
    op.create_table(
        "audit_log",
        sa.Column("id", ROW_NUMBER, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("details", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_log")),
    )
    op.create_table(
        "boxes",
        sa.Column("box_id", sa.Text(), nullable=False),
        sa.Column("room_id", sa.Text(), nullable=False),
        sa.Column("chain_key", sa.LargeBinary(), nullable=False),
        sa.Column("registered_at", sa.BigInteger(), nullable=False),
        sa.Column("last_word_at", sa.BigInteger(), nullable=True),
        sa.Column("session", sa.Text(), nullable=True),
        sa.Column("gone_at", sa.BigInteger(), nullable=True),
        sa.Column("hello", sa.Text(), nullable=True),
        sa.Column("head_epoch", sa.BigInteger(), nullable=True),
        sa.Column("head_seq", sa.BigInteger(), nullable=True),
        sa.Column("head_hash", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("box_id", name=op.f("pk_boxes")),
    )
    op.create_index(op.f("ix_boxes_room_id"), "boxes", ["room_id"], unique=False)
    op.create_table(
        "candidate_states",
        sa.Column("session_id", sa.Text(), nullable=False),
        sa.Column("candidate_number", sa.Text(), nullable=False),
        sa.Column("box_id", sa.Text(), nullable=False),
        sa.Column("room_id", sa.Text(), nullable=False),
        sa.Column("citizen_id", sa.Text(), nullable=True),
        sa.Column("seat", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("admission_uuid", sa.LargeBinary(), nullable=False),
        sa.Column("differs", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("session_id", "candidate_number", "box_id", name=op.f("pk_candidate_states")),
    )
    op.create_index(op.f("ix_candidate_states_citizen_id"), "candidate_states", ["citizen_id"], unique=False)
    op.create_index(op.f("ix_candidate_states_room_id"), "candidate_states", ["room_id"], unique=False)
    op.create_table(
        "event_log",
        sa.Column("id", ROW_NUMBER, nullable=False),
        sa.Column("box_id", sa.Text(), nullable=False),
        sa.Column("epoch", sa.BigInteger(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("uuid", sa.LargeBinary(), nullable=False),
        sa.Column("again", sa.Boolean(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("event", sa.LargeBinary(), nullable=False),
        sa.Column("signature", sa.LargeBinary(), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_event_log")),
        sa.UniqueConstraint("box_id", "epoch", "seq", name=op.f("uq_event_log_box_id_epoch_seq")),
    )
    op.create_index(
        "uq_event_log_uuid_first",
        "event_log",
        ["uuid"],
        unique=True,
        sqlite_where=sa.text("NOT again"),
        postgresql_where=sa.text("NOT again"),
    )
    op.create_table(
        "exams",
        sa.Column("exam_id", sa.Text(), nullable=False),
        sa.Column("exam_name", sa.Text(), nullable=False),
        sa.Column("profile", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("exam_id", name=op.f("pk_exams")),
    )
    op.create_table(
        "handed_rosters",
        sa.Column("box_id", sa.Text(), nullable=False),
        sa.Column("session_id", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("made_from", sa.Text(), nullable=False),
        sa.Column("issued_at", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("signature", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("box_id", "session_id", "version", name=op.f("pk_handed_rosters")),
    )
    op.create_table(
        "quarantine",
        sa.Column("id", ROW_NUMBER, nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("box_id", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("sentence", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quarantine")),
        sa.UniqueConstraint("digest", name=op.f("uq_quarantine_digest")),
    )
    op.create_table(
        "staff_accounts",
        sa.Column("id", ROW_NUMBER, nullable=False),
        sa.Column("login", sa.Text(), nullable=False),
        sa.Column("display_name", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("room_id", sa.Text(), nullable=True),
        sa.Column("password_hash", sa.Text(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("disabled_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff_accounts")),
        sa.UniqueConstraint("login", name=op.f("uq_staff_accounts_login")),
    )
    op.create_table(
        "sealed_evidence",
        sa.Column("box_id", sa.Text(), nullable=False),
        sa.Column("epoch", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("box_id", "epoch", "seq", name=op.f("pk_sealed_evidence")),
    )
    op.create_table(
        "sittings",
        sa.Column("session_id", sa.Text(), nullable=False),
        sa.Column("exam_id", sa.Text(), nullable=False),
        sa.Column("session_name", sa.Text(), nullable=False),
        sa.Column("starts_at", sa.BigInteger(), nullable=False),
        sa.Column("ends_at", sa.BigInteger(), nullable=False),
        sa.Column("elsewhere_key", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["exam_id"], ["exams.exam_id"], name=op.f("fk_sittings_exam_id")),
        sa.PrimaryKeyConstraint("session_id", name=op.f("pk_sittings")),
    )
    op.create_index(op.f("ix_sittings_ends_at"), "sittings", ["ends_at"], unique=False)
    op.create_table(
        "staff_codes",
        sa.Column("code_hash", sa.Text(), nullable=False),
        sa.Column("account_id", ROW_NUMBER, nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("used_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["staff_accounts.id"], name=op.f("fk_staff_codes_account_id")),
        sa.PrimaryKeyConstraint("code_hash", name=op.f("pk_staff_codes")),
    )
    op.create_table(
        "staff_sessions",
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("account_id", ROW_NUMBER, nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["staff_accounts.id"], name=op.f("fk_staff_sessions_account_id")),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_staff_sessions")),
    )
    op.create_index(op.f("ix_staff_sessions_account_id"), "staff_sessions", ["account_id"], unique=False)
    op.create_table(
        "sitting_rooms",
        sa.Column("session_id", sa.Text(), nullable=False),
        sa.Column("room_id", sa.Text(), nullable=False),
        sa.Column("room_name", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("door_code_hash", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["session_id"], ["sittings.session_id"], name=op.f("fk_sitting_rooms_session_id")),
        sa.PrimaryKeyConstraint("session_id", "room_id", name=op.f("pk_sitting_rooms")),
    )
    op.create_index(op.f("ix_sitting_rooms_room_id"), "sitting_rooms", ["room_id"], unique=False)
    op.create_table(
        "candidates",
        sa.Column("session_id", sa.Text(), nullable=False),
        sa.Column("candidate_number", sa.Text(), nullable=False),
        sa.Column("room_id", sa.Text(), nullable=False),
        sa.Column("full_name", sa.Text(), nullable=False),
        sa.Column("birth_date", sa.Date(), nullable=False),
        sa.Column("citizen_id", sa.Text(), nullable=False),
        sa.Column("seat", sa.Text(), nullable=False),
        sa.Column("sex", sa.Text(), nullable=True),
        sa.Column("photo", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(
            ["session_id", "room_id"],
            ["sitting_rooms.session_id", "sitting_rooms.room_id"],
            name=op.f("fk_candidates_session_id_room_id"),
        ),
        sa.PrimaryKeyConstraint("session_id", "candidate_number", name=op.f("pk_candidates")),
        sa.UniqueConstraint("session_id", "citizen_id", name=op.f("uq_candidates_session_id_citizen_id")),
    )
    op.create_index("ix_candidates_room", "candidates", ["session_id", "room_id"], unique=False)
