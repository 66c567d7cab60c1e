"""The authority as central's office, without a network: the real façade behind it, and a plug that a test can pull."""

import threading
from typing import NoReturn, TypeVar

import msgspec

from models.enrollment import AuthorityRefusal
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
from models.wire.authority_line import AuthorityUnreachableError, RefusedByAuthorityError
from provisioning.authority.authority import Authority
from tests.builders.founded_authority import FoundedAuthority

T = TypeVar("T")


class AuthorityAtHand:
    """Answers as `OnlineAuthorityOffice` does. `plugged` is false while nothing is heard of it."""

    def __init__(self, house: FoundedAuthority) -> None:
        self.house = house
        self.plugged = True
        self.exams: list[ExamWindowsRequest] = []
        self.asked_how_it_is = threading.Event()

    @property
    def _authority(self) -> Authority:
        if not self.plugged:
            raise AuthorityUnreachableError(
                "The authority does not answer (test). Look at the network, then try again."
            )
        return self.house.authority

    def make_codes(self, request: CodesRequest) -> MadeCodes:
        return _granted(self._authority.make_codes(self.house.central, request))

    def revoke(self, request: RevocationRequest) -> BoxRecord:
        return _granted(self._authority.revoke(self.house.central, request))

    def make_device_credentials(self, request: RoomDevicesRequest) -> DeviceCredentials:
        return _granted(self._authority.make_device_credentials(self.house.central, request))

    def retire_devices(self, request: RetireRoomDevicesRequest) -> None:
        _granted(self._authority.retire_devices(self.house.central, request))

    def set_exam_windows(self, request: ExamWindowsRequest) -> ExamDays:
        answer = _granted(self._authority.set_exam_windows(self.house.central, request))
        self.exams.append(request)
        return answer

    def boxes_after(self, change: int) -> BoxRecords:
        return _granted(self._authority.boxes_after(self.house.central, change))

    def audit_after(self, number: int) -> AuditEntries:
        return _granted(self._authority.audit_after(self.house.central, number))

    def status(self) -> AuthorityStatus:
        self.asked_how_it_is.set()
        return _granted(self._authority.status(self.house.central))

    def ask(self, path: str, question: msgspec.Struct | None, answer: type[T]) -> NoReturn:
        raise NotImplementedError(f"{path} is asked over the real line only ({question}, {answer})")


def _granted(answer: T | AuthorityRefusal) -> T:
    if isinstance(answer, AuthorityRefusal):
        raise RefusedByAuthorityError(answer)
    return answer
