"""What central asks of the provisioning authority, in the words of `models.fleet`: one method for each question.

Not here: when central asks by itself (`authority_post`), who may ask for what (`central.http`), the wire
(`models.wire.authority_line`).
"""

import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final, Protocol, TypeVar

import msgspec

from models.enrollment import Done
from models.fleet import (
    AuditEntries,
    AuthorityStatus,
    BoxRecord,
    BoxRecords,
    CodesRequest,
    DeviceCredentials,
    ExamDays,
    ExamWindowsRequest,
    MadeCodes,
    RetireRoomDevicesRequest,
    RevocationRequest,
    RoomDevicesRequest,
)
from models.wire.authority_line import AuthorityLine, RefusedByAuthorityError

T = TypeVar("T")

MOST_IDLE_LINES: Final = 4


class AuthorityOffice(Protocol):
    """The authority as central sees it. Safe for threads.

    Every method raises `RefusedByAuthorityError` when the answer is no and `AuthorityUnreachableError` when there is
    no answer; after the latter nobody knows whether it was done. All of it may be asked again.
    """

    def make_codes(self, request: CodesRequest) -> MadeCodes:
        """One-time codes for rooms, told once; an earlier unused code of such a room is void."""

    def revoke(self, request: RevocationRequest) -> BoxRecord:
        """Take a box out for good."""

    def make_device_credentials(self, request: RoomDevicesRequest) -> DeviceCredentials:
        """Names and passwords for the devices of a room, told once."""

    def retire_devices(self, request: RetireRoomDevicesRequest) -> None:
        """These names may no longer speak on the room's broker."""

    def set_exam_windows(self, request: ExamWindowsRequest) -> ExamDays:
        """All exams that are to come or running, in place of what was told before; which of them cannot be."""

    def boxes_after(self, change: int) -> BoxRecords:
        """The boxes that changed after this number."""

    def audit_after(self, number: int) -> AuditEntries:
        """The rows of the authority's audit log after this number."""

    def status(self) -> AuthorityStatus:
        """How the authority itself is."""

    def ask(self, path: str, question: msgspec.Struct | None, answer: type[T]) -> T:
        """Anything else, such as the roll-outs: GET without a question, POST with one."""


class OnlineAuthorityOffice:
    """The authority over mutual TLS. `address` is `host:port`; `make_context` is asked for each new connection.

    A line serves one thread at a time and is kept for the next; after any failure it is closed, so that the next
    question opens a fresh one with the certificate of that moment.
    """

    def __init__(self, address: str, make_context: Callable[[], ssl.SSLContext]) -> None:
        self._address = address
        self._make_context = make_context
        self._idle: list[AuthorityLine] = []
        self._lock = threading.Lock()

    def stop(self) -> None:
        """Close the lines that nobody uses."""
        with self._lock:
            lines, self._idle = self._idle, []
        for line in lines:
            line.close()

    def make_codes(self, request: CodesRequest) -> MadeCodes:
        """POST /v1/codes."""
        return self.ask("/v1/codes", request, MadeCodes)

    def revoke(self, request: RevocationRequest) -> BoxRecord:
        """POST /v1/revocations."""
        return self.ask("/v1/revocations", request, BoxRecord)

    def make_device_credentials(self, request: RoomDevicesRequest) -> DeviceCredentials:
        """POST /v1/room-devices."""
        return self.ask("/v1/room-devices", request, DeviceCredentials)

    def retire_devices(self, request: RetireRoomDevicesRequest) -> None:
        """POST /v1/room-devices/retire."""
        self.ask("/v1/room-devices/retire", request, Done)

    def set_exam_windows(self, request: ExamWindowsRequest) -> ExamDays:
        """PUT /v1/exam-windows."""
        with self._line() as line:
            return line.put("/v1/exam-windows", request, ExamDays)

    def boxes_after(self, change: int) -> BoxRecords:
        """GET /v1/boxes."""
        return self.ask(f"/v1/boxes?after={change}", None, BoxRecords)

    def audit_after(self, number: int) -> AuditEntries:
        """GET /v1/audit."""
        return self.ask(f"/v1/audit?after={number}", None, AuditEntries)

    def status(self) -> AuthorityStatus:
        """GET /v1/status."""
        return self.ask("/v1/status", None, AuthorityStatus)

    def ask(self, path: str, question: msgspec.Struct | None, answer: type[T]) -> T:
        """GET without a question, POST with one."""
        with self._line() as line:
            return line.get(path, answer) if question is None else line.post(path, question, answer)

    @contextmanager
    def _line(self) -> Iterator[AuthorityLine]:
        with self._lock:
            line = self._idle.pop() if self._idle else None
        line = line or AuthorityLine(self._address, self._make_context)
        try:
            yield line
        except RefusedByAuthorityError:
            self._keep(line)
            raise
        except BaseException:
            line.close()
            raise
        self._keep(line)

    def _keep(self, line: AuthorityLine) -> None:
        with self._lock:
            if len(self._idle) < MOST_IDLE_LINES:
                self._idle.append(line)
                return
        line.close()
