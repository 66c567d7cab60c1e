"""What a box says to the provisioning authority, and what it is answered: JSON over TLS 1.3.

The authority alone issues, renews and revokes. Who asks is known from the client certificate, never from a field. Bytes
are base64 in the JSON. Not here: what central and the broker's keeper ask (`models.fleet`), the code's arithmetic
(`models.wire.enrollment_code`), the trust list (`models.wire.trust_list`), the client (`models.wire.authority_line`).
"""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, Final

import msgspec

from models.identifiers import BoxId, RoomId

Text = Annotated[str, msgspec.Meta(max_length=200)]
Sentence = Annotated[str, msgspec.Meta(max_length=600)]
Count = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]
"""What a register can hold."""

SmallBytes = Annotated[bytes, msgspec.Meta(max_length=16_384)]


class CodeKind(StrEnum):
    """How a one-time code reaches the box."""

    TYPED = "typed"
    """Read from a page and typed: 80 bits, 30 minutes."""
    PRINTED = "printed"
    """Printed as a QR on a delivery's sheet: 130 bits, 7 days."""


class KeyGrade(StrEnum):
    """How well the box's key is kept, in the box's own words: nothing is admitted because of it."""

    LOCKED = "A"
    """Locked boot and a hardware key (TPM or PKCS#11 token)."""
    ENCRYPTED = "B"
    """A hardware key without locked boot, or a key file on an encrypted disk."""
    PLAIN = "C"
    """A key file (0600) on a plain disk."""


class BoxState(StrEnum):
    """How far a box has come at the authority."""

    EXPECTED = "expected"
    """A code was made; no certificate yet."""
    CERTIFIED = "certified"
    """The certificate was issued; the box has not shown it yet."""
    ENROLLED = "enrolled"
    """The box has spoken over its own certificate."""
    REVOKED = "revoked"
    """Taken out, its certificates on the revocation list. Final."""


class CertificateRole(StrEnum):
    """The organisational unit of a certificate: what its holder may ask of the authority."""

    BOX = "room box"
    CENTRAL = "central"
    BROKER_KEEPER = "broker keeper"
    MEASUREMENTS = "measurements"
    """Central's program that stores telemetry: known to the broker, and asks nothing of the authority."""
    SERVER = "server"
    ROOM_BROKER = "room broker"
    """The server certificate that a room's own broker shows its devices."""


class RefusalCode(StrEnum):
    """Why the authority does not do what was asked. Each refusal is counted and audited."""

    CODE_UNKNOWN = "CODE_UNKNOWN"
    CODE_USED = "CODE_USED"
    CODE_LATE = "CODE_LATE"
    CODE_OF_OTHER_ROOM = "CODE_OF_OTHER_ROOM"
    PROOF_WRONG = "PROOF_WRONG"
    TOO_MANY_TRIES = "TOO_MANY_TRIES"
    KEY_SHARED = "KEY_SHARED"
    """The key is another box's, or one delivered by a factory."""
    KEY_WEAK = "KEY_WEAK"
    REQUEST_BROKEN = "REQUEST_BROKEN"
    MACHINE_RETIRED = "MACHINE_RETIRED"
    NOT_ALLOWED = "NOT_ALLOWED"
    BOX_UNKNOWN = "BOX_UNKNOWN"
    BOX_REVOKED = "BOX_REVOKED"
    CERTIFICATE_UNKNOWN = "CERTIFICATE_UNKNOWN"
    RENEWAL_TOO_LATE = "RENEWAL_TOO_LATE"
    NO_EXAM = "NO_EXAM"
    FROZEN_FOR_EXAM = "FROZEN_FOR_EXAM"
    ROOM_HAS_BOX = "ROOM_HAS_BOX"


class AuthorityRefusal(msgspec.Struct, frozen=True, kw_only=True):
    """The body of every answer with a status of 400 or more: a code for programs, a sentence for people."""

    code: RefusalCode
    sentence: Sentence


class Done(msgspec.Struct, frozen=True, kw_only=True):
    """The authority did it, it is on the disk, and there is nothing to tell."""


ENDS_SOON: Final = timedelta(days=14)
"""So long before the end of a certificate or of the revocation list somebody must see to it."""


def renewal_due(good_from: datetime, good_until: datetime) -> datetime:
    """Two thirds of a certificate's life: its holder asks for the next one from then on."""
    return good_from + (good_until - good_from) * 2 / 3


# ---- A box without a certificate: POST /v1/greetings, then POST /v1/enrollments -----------------------------------


class Greeting(msgspec.Struct, frozen=True, kw_only=True):
    """A box shows that it holds a code, without saying it, and asks the authority to prove the same."""

    lookup: SmallBytes
    nonce: SmallBytes


class GreetingAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """The authority's proof over the nonce and its own TLS certificate, and where the code leads."""

    proof: SmallBytes
    room_id: RoomId
    room_name: Text
    school_name: Text


class EnrollmentRequest(msgspec.Struct, frozen=True, kw_only=True):
    """`csr` PKCS#10 DER of the P-256 key, `chain_key` raw Ed25519 (32), `machine` SHA-256 hex of what names the board.

    `room_id` is where the box was told to stand, or None. `proof` covers the other fields (`enrollment_code.prove`).
    """

    lookup: SmallBytes
    csr: SmallBytes
    chain_key: Annotated[bytes, msgspec.Meta(min_length=32, max_length=32)]
    key_grade: KeyGrade
    machine: Text
    software: Text
    room_id: RoomId | None
    proof: SmallBytes = b""


class EnrollmentAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """Everything a box needs to be of its room. The same request again (power cut) is given the same answer.

    Certificates are PEM: `certificate` the box's own with its issuers, `authorities` what to trust (root and issuing).
    `central_key` is central's raw Ed25519 key of receipts, `trust_key` the authority's of trust lists. `trust_list` is
    a `SignedTrustList` (JSON bytes).
    `release_root` is the newest root of the authority's published releases (TUF, JSON bytes), empty while it publishes
    none.
    """

    box_id: BoxId
    room_id: RoomId
    room_name: Text
    school_id: Text
    certificate: SmallBytes
    authorities: SmallBytes
    central_key: SmallBytes
    trust_key: SmallBytes
    broker_host: Text
    broker_port: int
    broker_shards: int
    authority_address: Text
    trust_list: bytes
    release_root: bytes = b""


# ---- A box with its certificate ----------------------------------------------------------------------------------


class RenewalRequest(msgspec.Struct, frozen=True, kw_only=True):
    """POST /v1/renewals: a new P-256 key, over the present certificate."""

    csr: SmallBytes


class LateRenewalRequest(msgspec.Struct, frozen=True, kw_only=True):
    """POST /v1/late-renewals, without a client certificate: after a summer in a cupboard the old one has expired.

    `certificate` is the expired one (PEM), `signature` the old key's ECDSA-SHA-256 over `LATE_DOMAIN` and `csr`.
    """

    certificate: SmallBytes
    csr: SmallBytes
    signature: SmallBytes


LATE_DOMAIN: Final = b"smart-classroom late renewal v1\n"


class ExamCertificateRequest(msgspec.Struct, frozen=True, kw_only=True):
    """POST /v1/exam-certificates: a certificate for the days of one exam, with a key of its own."""

    exam_id: Text
    csr: SmallBytes


class RoomCertificateRequest(msgspec.Struct, frozen=True, kw_only=True):
    """POST /v1/room-certificates: a server certificate for the room's own broker, with a key of its own.

    It names the host under which the room's devices find their broker, whichever box stands there: a replaced box
    changes nothing for forty tablets. Good for two weeks; asked again at two thirds of its life.
    """

    csr: SmallBytes


class IssuedCertificate(msgspec.Struct, frozen=True, kw_only=True):
    """A certificate with its issuers (PEM)."""

    certificate: SmallBytes


class RoomDevice(msgspec.Struct, frozen=True, kw_only=True):
    """A device that may speak on the room's broker: its user name and the Mosquitto password hash ($7$...)."""

    name: Text
    password_hash: Text


class ExamWindow(msgspec.Struct, frozen=True, kw_only=True):
    """An exam's days as central told them (UTC). Nothing is updated from 48 h before until the end."""

    exam_id: Text
    starts_at: datetime
    ends_at: datetime


class WantedRelease(msgspec.Struct, frozen=True, kw_only=True):
    """What this box should run now by the roll-out: TUF target names, each None when nothing is wanted."""

    package: Text | None = None
    weights: Text | None = None
    firmware: Text | None = None


class BoxOrders(msgspec.Struct, frozen=True, kw_only=True):
    """GET /v1/orders: all that the box should be by now; it compares and acts. Small, asked every few minutes."""

    now: datetime
    trust_list_version: int
    renew_certificate: bool
    exams: tuple[ExamWindow, ...]
    room_devices_version: int
    room_devices: tuple[RoomDevice, ...]
    wanted: WantedRelease
    decommissioned: bool = False


class BoxReport(msgspec.Struct, frozen=True, kw_only=True):
    """POST /v1/reports: what the box did; also the first word over a new certificate, which makes it `enrolled`."""

    software: Text
    weights: Text
    trust_list_version: Count
    room_devices_version: Count
    update_target: Text | None = None
    update_outcome: Text | None = None
    """`installed`, `rolled back`, `refused`, `failed`, `waiting` for a reason that passes; the sentence says it."""
    update_sentence: Sentence = ""
    machine: Text = ""
    """What names the board (`models.machine_identity`); a card written on a bench tells it only here."""
