"""What a box needs for one sitting, built from the roster register, signed and kept.

Equal content keeps its version; anything that changed gives the next one. Not here: sending (`central.ingest`).
"""

import hashlib
from datetime import datetime, timedelta
from typing import Final

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Connection

from central.registers import handed_rosters, roster_register
from central.registers.handed_rosters import HandedRoster
from central.registers.roster_register import Sitting, SittingRoom
from models.errors import BadInputError
from models.exams import Place, RoomSession, RosterBundle, elsewhere_digest
from models.identifiers import BoxId
from models.wire.signed_bundle import sign_bundle

_KEPT_AFTER_END: Final = timedelta(hours=2)
"""A roster outlives its sitting a little: the last hands-in and the proctors' minutes."""


class UnknownSittingError(BadInputError):
    """No sitting of that name was imported."""


class BundleOffice(msgspec.Struct, frozen=True, kw_only=True):
    """Makes bundles. `trust_anchors` are CSCA certificates in DER, `evidence_key` central's X25519 public key.

    `card_trust` is the authority's signed bundle, which counts instead of `trust_anchors` where there is one.
    """

    signing_key: Ed25519PrivateKey
    evidence_key: bytes
    trust_anchors: tuple[bytes, ...]
    card_trust: bytes = b""

    def newest_for(self, connection: Connection, box_id: BoxId, room: SittingRoom, now: datetime) -> HandedRoster:
        """The bundle of this box for this room and sitting, made now if nothing newer than the last import exists."""
        last = handed_rosters.newest(connection, box_id, room.session_id)
        made_from = self._made_from(room)
        if last is not None and last.made_from == made_from:
            return last
        sitting = roster_register.find_sitting(connection, room.session_id)
        if sitting is None:
            raise UnknownSittingError(f"There is no sitting {room.session_id}. Import its roster first.")
        version = 1 if last is None else last.version + 1
        bundle = self._build(connection, box_id, room, sitting, version=version, now=now)
        signed = sign_bundle(bundle, self.signing_key)
        roster = HandedRoster(
            box_id=box_id,
            session_id=room.session_id,
            version=version,
            made_from=made_from,
            issued_at=now,
            body=signed.body,
            signature=signed.signature,
        )
        handed_rosters.add(connection, roster)
        return roster

    def _made_from(self, room: SittingRoom) -> str:
        keys = hashlib.sha256(b"".join((self.evidence_key, *self.trust_anchors, self.card_trust))).hexdigest()[:16]
        return f"{room.room_id} {room.digest} {keys}"

    def _build(
        self, connection: Connection, box_id: BoxId, room: SittingRoom, sitting: Sitting, *, version: int, now: datetime
    ) -> RosterBundle:
        hours = timedelta(hours=sitting.profile.roster_hours)
        return RosterBundle(
            version=version,
            box_id=box_id,
            issued_at=now,
            good_until=max(now + hours, sitting.ends_at + _KEPT_AFTER_END),
            profile=sitting.profile,
            session=RoomSession(
                exam_id=sitting.exam_id,
                exam_name=sitting.exam_name,
                session_id=sitting.session_id,
                session_name=sitting.session_name,
                room_id=room.room_id,
                room_name=room.room_name,
                starts_at=sitting.starts_at,
                ends_at=sitting.ends_at,
                candidates=tuple(roster_register.candidates_of(connection, room.session_id, room.room_id)),
            ),
            elsewhere_key=sitting.elsewhere_key,
            elsewhere={
                elsewhere_digest(sitting.elsewhere_key, other.citizen_id): Place(
                    room_name=other.room_name, seat=other.seat
                )
                for other in roster_register.where_they_sit(connection, room.session_id)
                if other.room_id != room.room_id
            },
            door_code_hash=room.door_code_hash,
            trust_anchors=self.trust_anchors,
            evidence_key=self.evidence_key,
            card_trust=self.card_trust,
        )
