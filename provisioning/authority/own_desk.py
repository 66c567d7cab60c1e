"""The authority asked on its own machine, without the network: for people at its terminal when central is away.

It asks like central does, with a certificate of its own, so that the same rules judge it and the same log remembers
it. The program may be running meanwhile: both work on one register, a transaction each.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, TypeVar

import msgspec

from models.clock import Clock
from models.enrollment import AuthorityRefusal, CertificateRole
from models.errors import ClassroomError
from models.fleet import AuthorityStatus, BoxRecord, CodesRequest, MadeCodes, RevocationRequest
from models.identifiers import BoxId
from provisioning.authority.authority import Authority
from provisioning.authority.caller import Caller, caller_of
from provisioning.authority.founding import certify_program, need_register
from provisioning.authority.key_files import read_certificates
from provisioning.authority.settings import Settings
from provisioning.authority.wiring import build_authority

T = TypeVar("T", bound=msgspec.Struct)

NAME: Final = "command line"


class RefusedAtTheDeskError(ClassroomError):
    """The authority said no; the sentence is its own."""


class OwnDesk:
    """What may be asked at the terminal. Each method raises RefusedAtTheDeskError."""

    def __init__(self, authority: Authority, caller: Caller) -> None:
        self._authority = authority
        self._caller = caller

    def status(self) -> AuthorityStatus:
        """How the authority is."""
        return _granted(self._authority.status(self._caller))

    def make_codes(self, request: CodesRequest) -> MadeCodes:
        """One code for each room."""
        return _granted(self._authority.make_codes(self._caller, _sound(request)))

    def revoke(self, request: RevocationRequest) -> BoxRecord:
        """A box out for good."""
        return _granted(self._authority.revoke(self._caller, _sound(request)))

    def box(self, box_id: BoxId) -> BoxRecord | None:
        """What is known of a box."""
        change = 0
        while True:
            page = _granted(self._authority.boxes_after(self._caller, change))
            found = next((box for box in page.boxes if box.box_id == box_id), None)
            if found is not None or not page.boxes:
                return found
            change = page.boxes[-1].change


@contextmanager
def own_desk(settings: Settings, clock: Clock) -> Iterator[OwnDesk]:
    """Opens the authority here. Raises SettingsError or StorageError."""
    need_register(settings)
    folder = settings.state / "command-line"
    certify_program(settings, clock, CertificateRole.CENTRAL, NAME, folder)
    authority = build_authority(settings, clock)
    authority.start()
    try:
        yield OwnDesk(authority, caller_of(read_certificates(folder / "certificate.pem")[0]))
    finally:
        authority.stop()


def _sound(request: T) -> T:
    """The request as it would come in over the network: no longer a word than any other caller may send."""
    try:
        return msgspec.convert(msgspec.to_builtins(request), type(request))
    except msgspec.ValidationError as error:
        raise RefusedAtTheDeskError(f"One of the words is too long or not of its kind: {error}.") from None


def _granted(answer: T | AuthorityRefusal) -> T:
    if isinstance(answer, AuthorityRefusal):
        raise RefusedAtTheDeskError(f"{answer.code}: {answer.sentence}")
    return answer
