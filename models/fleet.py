"""What central asks of the provisioning authority for a person, and what the broker's keeper asks: JSON over TLS 1.3.

Not here: what a box asks for itself (`models.enrollment`).
"""

from datetime import datetime
from typing import Annotated, Final

import msgspec

from models.enrollment import (
    AuthorityRefusal,
    BoxState,
    CodeKind,
    Count,
    ExamWindow,
    KeyGrade,
    Sentence,
    SmallBytes,
    Text,
)
from models.identifiers import BoxId, RoomId

MOST_ROOMS_AT_ONCE: Final = 1000
MOST_SERIALS: Final = 1000
RESTORED: Final = "register restored"
"""The deed in the authority's audit log by which central knows that a backup was put back."""


class Errand(msgspec.Struct, frozen=True, kw_only=True):
    """Who wants it and why; central vouches for the person, the authority writes it into its own audit log."""

    actor: Text
    reason: Sentence


class RoomForBox(msgspec.Struct, frozen=True, kw_only=True):
    """A room that is to have a box. `box_id` names the box in rehearsals; elsewhere the authority chooses.

    `replaces` is the box whose place the new one takes: it is revoked in the same step as the new one is certified.
    `beside` says that the room is to have one more box next to those it has.
    """

    room_id: RoomId
    room_name: Text
    school_id: Text
    school_name: Text
    box_id: BoxId | None = None
    replaces: BoxId | None = None
    beside: bool = False


class CodesRequest(msgspec.Struct, frozen=True, kw_only=True):
    """POST /v1/codes: one code for each room. An earlier unused code of the same room becomes void."""

    errand: Errand
    kind: CodeKind
    rooms: Annotated[tuple[RoomForBox, ...], msgspec.Meta(min_length=1, max_length=MOST_ROOMS_AT_ONCE)]


class MadeCode(msgspec.Struct, frozen=True, kw_only=True):
    """A code, told once. `link` is what the QR holds: address and code in one."""

    room_id: RoomId
    room_name: Text
    school_name: Text
    code: Text
    link: Text
    good_until: datetime


class MadeCodes(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to a `CodesRequest`, in its order; `refused` holds what a room was refused for, by room."""

    codes: tuple[MadeCode, ...]
    refused: dict[str, AuthorityRefusal]


class RevocationRequest(msgspec.Struct, frozen=True, kw_only=True):
    """POST /v1/revocations: the box and all its certificates, for good. Asking twice is one revocation.

    `known` and `serials` (hex) are what central knows of the box and its certificates: an authority that was restored
    from a backup may never have heard of them.
    """

    errand: Errand
    box_id: BoxId
    known: "BoxRecord | None" = None
    serials: Annotated[tuple[Text, ...], msgspec.Meta(max_length=MOST_SERIALS)] = ()


class ExamWindowsRequest(msgspec.Struct, frozen=True, kw_only=True):
    """PUT /v1/exam-windows: all exams that are still to come or running, and which rooms take part."""

    errand: Errand
    windows: tuple[ExamWindow, ...]
    rooms: dict[str, tuple[RoomId, ...]]
    """exam_id → rooms."""


class ExamDays(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to an `ExamWindowsRequest`: which exams are not counted, and why; all others are."""

    refused: dict[str, AuthorityRefusal]


class RoomDevicesRequest(msgspec.Struct, frozen=True, kw_only=True):
    """POST /v1/room-devices: credentials for devices of one room; asking again for a name makes a new password."""

    errand: Errand
    room_id: RoomId
    names: Annotated[tuple[Text, ...], msgspec.Meta(min_length=1, max_length=200)]


class DeviceCredential(msgspec.Struct, frozen=True, kw_only=True):
    """A device's user name and password (128 bits), told once."""

    name: Text
    password: Text


class DeviceCredentials(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to a `RoomDevicesRequest`. `broker_host` is the room box's name in the school's network.

    `guest_port`: of the guests' broker beside it, for devices that announce themselves as Home Assistant's do.
    """

    credentials: tuple[DeviceCredential, ...]
    broker_host: Text
    broker_port: int
    guest_port: int = 8885


class RetireRoomDevicesRequest(msgspec.Struct, frozen=True, kw_only=True):
    """POST /v1/room-devices/retire: these names may no longer speak on the room's broker."""

    errand: Errand
    room_id: RoomId
    names: Annotated[tuple[Text, ...], msgspec.Meta(min_length=1, max_length=200)]


class BoxRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One box as the authority knows it. `change` rises with every change of any box: central asks for what is newer.

    `serial` (hex), `certificate_good_from` and `certificate_good_until` are those of the present operating certificate,
    None before the first; `certified_at` is when the first was issued.
    `software` and `weights` are the box's own words.
    """

    change: int
    box_id: BoxId
    room_id: RoomId
    room_name: Text
    school_id: Text
    state: BoxState
    chain_key: bytes | None
    key_grade: KeyGrade | None
    machine: Text | None
    serial: Text | None
    certificate_good_until: datetime | None
    exam_certificate_good_until: datetime | None
    certified_at: datetime | None
    enrolled_at: datetime | None
    revoked_at: datetime | None
    replaced_by: BoxId | None
    software: Text | None
    weights: Text | None
    trust_list_version: int | None
    reported_at: datetime | None
    certificate_good_from: datetime | None = None


class BoxRecords(msgspec.Struct, frozen=True, kw_only=True):
    """GET /v1/boxes?after=N: at most 1000 records in order of `change`; `last` is the highest that there is."""

    boxes: tuple[BoxRecord, ...]
    last: int


class AuditEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One row of the authority's audit log. `details` holds no secret."""

    number: int
    at: datetime
    actor: Text
    action: Text
    subject: Text
    reason: Sentence
    details: dict[str, str]


class AuditEntries(msgspec.Struct, frozen=True, kw_only=True):
    """GET /v1/audit?after=N: at most 1000 rows in order."""

    entries: tuple[AuditEntry, ...]
    last: int


class AuthorityStatus(msgspec.Struct, frozen=True, kw_only=True):
    """GET /v1/status: how the authority itself is. `refusals` counts by `RefusalCode` since the first start.

    `broker_crl_number` is what the broker's keeper reported as installed, at `broker_crl_installed_at`, and
    `broker_refused` the connections that the brokers refused since their keepers' first start, by reason.
    """

    now: datetime
    root_good_until: datetime
    issuer_good_until: datetime
    crl_number: int
    crl_next_update: datetime
    broker_crl_number: int | None
    broker_crl_installed_at: datetime | None
    broker_crl_next_update: datetime | None
    trust_list_version: int
    refusals: dict[str, int]
    server_good_until: datetime | None = None
    """The authority's own server certificate; it renews it by itself 30 days before."""
    broker_refused: dict[str, int] = {}
    ends: dict[str, datetime] = {}
    """The ends of certificates that people renew, by whose they are: who asks, each keeper, each keeper's broker."""
    broker_rights_checked_at: datetime | None = None
    """When `broker check` was last done at the broker where that is longest ago; None when one was never checked."""
    broker_rights_wrong: int = 0
    broker_foreign_filters: dict[str, datetime] = {}
    """Who asked a broker for what is not theirs within the last day, and when; nothing was delivered."""


class Revocations(msgspec.Struct, frozen=True, kw_only=True):
    """GET /v1/revocations: the signed list (X.509 CRL, PEM), its number, and which boxes are revoked now."""

    crl: bytes
    number: int
    next_update: datetime
    boxes: tuple[BoxId, ...]


class KickRequest(msgspec.Struct, frozen=True, kw_only=True):
    """POST /v1/kicks: a two-minute certificate in the name of a revoked box; with it the keeper takes over its session.

    MQTT 5 section 3.1.4: a broker ends the older session of a client id that connects again. Works on every broker.
    """

    box_id: BoxId
    csr: SmallBytes


class InstalledReport(msgspec.Struct, frozen=True, kw_only=True):
    """POST /v1/brokers/installed: the broker works with this revocation list now.

    `kicked` are the boxes thrown off since the last report. `refused` counts the connections that the broker refused
    since the keeper's first start, by reason (`provisioning.brokers.broker_log.Refusal`). `served_good_until` is the
    end of the certificate that the broker serves. `broker check` was last done at `rights_checked_at`, with
    `rights_wrong` differences. `foreign_filters` names who asked within the last day for what is not theirs, and when.
    """

    number: Count
    next_update: datetime
    kicked: tuple[BoxId, ...]
    refused: dict[str, int] = {}
    served_good_until: datetime | None = None
    rights_checked_at: datetime | None = None
    rights_wrong: Count = 0
    foreign_filters: dict[str, datetime] = {}
