"""The trust list of each school, put together from the registers and signed; signed again daily.

Its version rises only when its content changes; the daily signature moves `issued_at` and `good_until` alone. Not here:
its form (`models.wire.trust_list`).
"""

import hashlib
from datetime import datetime, timedelta
from typing import Final

from cryptography.hazmat.primitives.serialization import Encoding

from models.wire.trust_list import RevokedCertificate, SignedTrustList, TrustedBox, TrustList, sign_trust_list
from provisioning.authority.key_files import AuthorityKeys
from provisioning.authority.registers.boxes import Boxes
from provisioning.authority.registers.certificates import Certificates
from provisioning.authority.registers.exams import Exams
from provisioning.authority.registers.trust_list_versions import TrustListVersions
from provisioning.authority.settings import Settings

SIGNED_AGAIN_AFTER: Final = timedelta(days=1)
_REMEMBERED_AFTER_END: Final = timedelta(days=7)


class TrustLists:
    """Callers hold the transaction and the lock."""

    def __init__(
        self,
        boxes: Boxes,
        certificates: Certificates,
        exams: Exams,
        versions: TrustListVersions,
        settings: Settings,
        keys: AuthorityKeys,
    ) -> None:
        self._boxes = boxes
        self._certificates = certificates
        self._exams = exams
        self._versions = versions
        self._settings = settings
        self._keys = keys
        self._signed: dict[str, tuple[int, datetime, SignedTrustList]] = {}

    def of(self, school_id: str, now: datetime) -> SignedTrustList:
        """The school's list, at most a day old."""
        version = self._versions.of(school_id)
        kept = self._signed.get(school_id)
        if kept is not None and kept[0] == version and timedelta(0) <= now - kept[1] < SIGNED_AGAIN_AFTER:
            return kept[2]
        signed = sign_trust_list(self._compose(school_id, version, now), self._keys.trust_key)
        self._signed[school_id] = (version, now, signed)
        return signed

    def forget_signed(self) -> None:
        """A transaction failed: what was signed in it may never have come about."""
        self._signed.clear()

    def fingerprint(self) -> int:
        """A number that changes with the keys that stand in every list (56 bits of their SHA-256)."""
        words = b"".join([*self._authorities(), *self._keys.central_keys])
        return int.from_bytes(hashlib.sha256(words).digest()[:7])

    def _compose(self, school_id: str, version: int, now: datetime) -> TrustList:
        return TrustList(
            version=version,
            school_id=school_id,
            issued_at=now,
            good_until=now + timedelta(days=self._settings.lifetimes.trust_list_days),
            authorities=self._authorities(),
            central_keys=self._keys.central_keys,
            boxes=tuple(
                TrustedBox(box_id=box.box_id, room_id=box.room_id, chain_key=box.chain_key, serial=box.serial)
                for box in self._boxes.of_school(school_id)
                if box.lives and box.chain_key is not None and box.serial is not None
            ),
            revoked=tuple(
                RevokedCertificate(box_id=row.holder, serial=row.serial, revoked_at=row.revoked_at)
                for row in self._certificates.taken_out_after(now - _REMEMBERED_AFTER_END)
            ),
            exams=self._exams.of_school(school_id, now),
        )

    def _authorities(self) -> tuple[bytes, ...]:
        return tuple(one.public_bytes(Encoding.DER) for one in (self._keys.root, self._keys.issuer))
