"""Enrolment: from a code to a box of its room, in steps of which each is whole on the card before the next begins.

What is made is first kept in `enrollment/` (keys, request, answer). Running it again goes on from there: the same
request is given the same answer, so a power cut at any point costs nothing but the time. Another code begins anew with
new keys. Not here: the talk with the authority (`meeting`), the files of the room (`room_files`).
"""

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Final, Protocol, TypeVar

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_private_key,
)

from models import VERSION
from models.durable_files import make_folder, remove_folder, write_whole
from models.enrollment import EnrollmentAnswer, EnrollmentRequest, KeyGrade
from models.errors import ClassroomError
from models.identifiers import BoxId, RoomId
from models.wire.enrollment_code import CodeKeys, keys_of, prove
from provisioning.device import box_state, meeting, room_files
from provisioning.device.box_folder import PRIVATE, BoxFolder
from provisioning.device.key_choice import grade, keeper_of
from provisioning.device.keys import KEY_FILE, KeyKeeper
from provisioning.device.token_keys import URI_FILE, TokenKeys
from provisioning.key_requests import key_pem

T = TypeVar("T")

_CHAIN_KEY: Final = "chain.key"
_REQUEST: Final = "request.json"
_ANSWER: Final = "answer.json"


class AlreadyEnrolledError(ClassroomError):
    """This box has a room already. Nothing was changed; `--again` gives it a new identity."""


class EnrollmentBrokenError(ClassroomError):
    """The files of an unfinished enrolment cannot be read. Ask for a new code and enrol with it."""


class Step(StrEnum):
    """What has just been finished, told as it happens."""

    KEYS_MADE = "keys made"
    AUTHORITY_PROVEN = "authority proven"
    REQUEST_KEPT = "request kept"
    CERTIFIED = "certified"
    FILES_WRITTEN = "files written"
    BROKER_WRITTEN = "room broker written"
    IN_USE = "identity in use"
    UNITS_STARTED = "units started"
    FIRST_WORD_SAID = "first word said"
    DONE = "done"


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """What the person at the box wants. `room_id` is where they were told to put it, None when they did not say."""

    code: str
    address: str
    room_id: RoomId | None = None
    again: bool = False


class Surroundings(Protocol):
    """What enrolment needs of the machine beside the box's folder."""

    def choose_keys(self) -> KeyKeeper:
        """The keeper for a new key. Raises KeyFailedError."""

    def machine(self) -> str:
        """What names the board that the box will run on (`models.machine_identity`)."""

    def write_room_broker(self, box: BoxFolder) -> None:
        """The configuration of the room's own broker. Raises ClassroomError."""

    def start_units(self) -> None:
        """The box's programs run from now on and after every start. Raises ClassroomError."""

    def say_first_word(self, box: BoxFolder, environment: Mapping[str, str]) -> None:
        """Reports over the new certificate, whose key needs this environment for TLS. Raises ClassroomError."""


class Enrolled(msgspec.Struct, frozen=True, kw_only=True):
    """What the box is now."""

    box_id: BoxId
    room_id: RoomId
    room_name: str
    key_grade: KeyGrade


def enroll(
    box: BoxFolder,
    order: Order,
    around: Surroundings,
    tell: Callable[[Step], None],
    token: TokenKeys | None = None,
) -> Enrolled:
    """Makes this machine the box of the code's room; `tell` hears of each finished step.

    Raises AlreadyEnrolledError, CodeError, and the errors of `meeting.greet`, of keys and of the card.
    """
    code = check_order(box, order)
    make_folder(box.path, 0o750)
    _forget_other_code(box, code)
    keeper = _keys(box, around, token)
    tell(Step.KEYS_MADE)
    answer = _kept_answer(box)
    if answer is None:
        destination = meeting.greet(order.address, code, order.room_id)
        tell(Step.AUTHORITY_PROVEN)
        request = _request(box, code, keeper, order, around.machine())
        tell(Step.REQUEST_KEPT)
        answer = meeting.ask_for_certificate(destination, request)
        write_whole(box.unfinished / _ANSWER, msgspec.json.encode(answer), PRIVATE)
    tell(Step.CERTIFIED)
    name = room_files.write(box, answer, keeper)
    tell(Step.FILES_WRITTEN)
    around.write_room_broker(box)
    tell(Step.BROKER_WRITTEN)
    room_files.take_into_use(box, name)
    tell(Step.IN_USE)
    around.start_units()
    tell(Step.UNITS_STARTED)
    around.say_first_word(box, keeper.environment())
    tell(Step.FIRST_WORD_SAID)
    remove_folder(box.unfinished)
    tell(Step.DONE)
    return Enrolled(
        box_id=answer.box_id,
        room_id=answer.room_id,
        room_name=answer.room_name,
        key_grade=grade(keeper, box.path),
    )


def check_order(box: BoxFolder, order: Order) -> CodeKeys:
    """What the code says, if this box may be enrolled with it; nothing is asked of anybody and nothing is changed.

    Raises AlreadyEnrolledError, EventsWaitingError, CodeError, EnrollmentBrokenError.
    """
    code = keys_of(order.code)
    if box.is_enrolled and not _goes_on(box, code):
        _begin_again(box, order)
    return code


def _goes_on(box: BoxFolder, code: CodeKeys) -> bool:
    """Whether the identity in use came from this very code, in an enrolment that was cut off before its end."""
    request, answer = box.unfinished / _REQUEST, _kept_answer(box)
    if answer is None or not request.exists() or box.read_room().box_id != answer.box_id:
        return False
    return _read(request.read_bytes(), EnrollmentRequest).lookup == code.lookup


def _begin_again(box: BoxFolder, order: Order) -> None:
    room = box.read_room()
    if not order.again:
        raise AlreadyEnrolledError(
            f"Hộp này đã là {room.box_id}, phòng {room.room_id}. Không thay đổi gì; muốn đăng ký lại, thêm --again.\n"
            f"This box is {room.box_id} of room {room.room_id} already. Nothing was changed; --again enrols it anew."
        )
    box_state.refuse_waiting_events(box)


def _forget_other_code(box: BoxFolder, code: CodeKeys) -> None:
    """Keys that went out under one code are another box's keys under the next."""
    request = box.unfinished / _REQUEST
    if request.exists() and _read(request.read_bytes(), EnrollmentRequest).lookup != code.lookup:
        remove_folder(box.unfinished)


def _keys(box: BoxFolder, around: Surroundings, token: TokenKeys | None) -> KeyKeeper:
    make_folder(box.unfinished, 0o700)
    if (box.unfinished / KEY_FILE).exists() or (box.unfinished / URI_FILE).exists():
        keeper = keeper_of(box.unfinished, token)
    else:
        keeper = around.choose_keys()
        keeper.make(box.unfinished)
    chain_key = box.unfinished / _CHAIN_KEY
    if not chain_key.exists():
        write_whole(chain_key, key_pem(Ed25519PrivateKey.generate()), PRIVATE)
    return keeper


def _request(box: BoxFolder, code: CodeKeys, keeper: KeyKeeper, order: Order, machine: str) -> EnrollmentRequest:
    """The very bytes of an earlier try, so that the authority gives the very same answer."""
    path = box.unfinished / _REQUEST
    if path.exists():
        return _read(path.read_bytes(), EnrollmentRequest)
    chain_key = load_pem_private_key((box.unfinished / _CHAIN_KEY).read_bytes(), None).public_key()
    request = EnrollmentRequest(
        lookup=code.lookup,
        csr=keeper.request(box.unfinished),
        chain_key=chain_key.public_bytes(Encoding.Raw, PublicFormat.Raw),
        key_grade=grade(keeper, box.path),
        machine=machine,
        software=VERSION,
        room_id=order.room_id,
    )
    proven = prove(request, code)
    write_whole(path, msgspec.json.encode(proven), PRIVATE)
    return proven


def _kept_answer(box: BoxFolder) -> EnrollmentAnswer | None:
    path = box.unfinished / _ANSWER
    return _read(path.read_bytes(), EnrollmentAnswer) if path.exists() else None


def _read(content: bytes, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(content, type=kind)
    except msgspec.DecodeError:
        raise EnrollmentBrokenError(
            "The unfinished enrolment on this box cannot be read. Remove its folder `enrollment`, then use a new code."
        ) from None
