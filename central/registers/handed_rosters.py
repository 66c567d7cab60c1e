"""Every roster bundle that was made for a box, as it was signed: to send again, and to judge again by.

Not here: what goes into a bundle (`exam_office.bundles`).
"""

from datetime import datetime

import msgspec
from sqlalchemy import BigInteger, Column, Connection, LargeBinary, Table, Text, bindparam, func, select

from central.database import Instant, metadata, read_as
from models.exams import RosterBundle
from models.identifiers import BoxId, SessionId
from models.wire import codec
from models.wire.signed_bundle import SignedBundle

handed_rosters = Table(
    "handed_rosters",
    metadata,
    Column("box_id", Text, primary_key=True),
    Column("session_id", Text, primary_key=True),
    Column("version", BigInteger, primary_key=True, autoincrement=False),
    Column("made_from", Text, nullable=False),
    Column("issued_at", Instant, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("signature", LargeBinary, nullable=False),
)


class HandedRoster(msgspec.Struct, frozen=True, kw_only=True):
    """One bundle; `made_from` names room, room version and central's keys, so that equal content is made once."""

    box_id: BoxId
    session_id: SessionId
    version: int
    made_from: str
    issued_at: datetime
    body: bytes
    signature: bytes

    @property
    def signed(self) -> SignedBundle:
        """The bundle as it travels."""
        return SignedBundle(body=self.body, signature=self.signature)


def add(connection: Connection, roster: HandedRoster) -> None:
    """Keep a new bundle."""
    connection.execute(handed_rosters.insert().values(msgspec.structs.asdict(roster)))


def newest(connection: Connection, box_id: str, session_id: str) -> HandedRoster | None:
    """The bundle with the highest version for this box and sitting."""
    mine = (handed_rosters.c.box_id == box_id) & (handed_rosters.c.session_id == session_id)
    wanted = select(handed_rosters).where(mine).order_by(handed_rosters.c.version.desc()).limit(1)
    row = connection.execute(wanted).one_or_none()
    return None if row is None else read_as(row, HandedRoster)


_ABOUT = (handed_rosters.c.box_id == bindparam("box_id")) & (handed_rosters.c.session_id == bindparam("session_id"))
_FIRST = select(func.min(handed_rosters.c.version)).where(_ABOUT)
_LAST = select(func.max(handed_rosters.c.version)).where(_ABOUT & (handed_rosters.c.issued_at <= bindparam("at")))
_BODY = select(handed_rosters.c.body).where(_ABOUT & (handed_rosters.c.version == bindparam("version")))


def version_at(connection: Connection, box_id: str, session_id: str, at: datetime) -> int | None:
    """The version that this box can have held at that instant; the first one when all are younger, None without any."""
    about = {"box_id": box_id, "session_id": session_id}
    last: int | None = connection.execute(_LAST, about | {"at": at}).scalar()
    return last if last is not None else connection.execute(_FIRST, about).scalar()


def bundle_of(connection: Connection, box_id: str, session_id: str, version: int) -> RosterBundle:
    """The bundle of that version, which exists."""
    about = {"box_id": box_id, "session_id": session_id, "version": version}
    return codec.decode(connection.execute(_BODY, about).scalar_one(), RosterBundle)
