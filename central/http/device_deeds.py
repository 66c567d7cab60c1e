"""What all changes of devices share: who does it and why, errors as answers, and passwords that end with a device."""

from collections.abc import Iterator
from contextlib import contextmanager

from central.http.front_desk import FrontDesk
from central.http.problem_responses import Refusal
from central.http.visitors import Visitor
from central.registers import box_register
from central.registers.device_register import UnknownDeviceError, UnknownRoomError
from central.registers.device_tables import Deed, Device, SerialTakenError
from models.errors import BadInputError
from models.fleet import Errand, RetireRoomDevicesRequest
from models.wire.authority_line import AuthorityUnreachableError, RefusedByAuthorityError


def deed_of(desk: FrontDesk, visitor: Visitor, reason: str) -> Deed:
    """The visitor's deed, now."""
    return Deed(actor=visitor.account.login, at=desk.clock.now(), reason=reason.strip())


@contextmanager
def answered() -> Iterator[None]:
    """What the registers and the authority refuse, as answers to the request."""
    try:
        yield
    except (UnknownDeviceError, UnknownRoomError) as error:
        raise Refusal(404, "NOT_HERE", str(error)) from None
    except SerialTakenError as error:
        raise Refusal(409, "SERIAL_TAKEN", str(error)) from None
    except BadInputError as error:
        raise Refusal(422, "BAD_INPUT", str(error)) from None
    except RefusedByAuthorityError as error:
        raise Refusal(409, f"AUTHORITY_{error.refusal.code}", error.refusal.sentence) from None
    except AuthorityUnreachableError as error:
        raise Refusal(503, "AUTHORITY_UNREACHABLE", str(error)) from None


def forget_on_broker(desk: FrontDesk, device: Device, deed: Deed) -> None:
    """Make a device's password void at the authority before it leaves; without an answer nothing is changed."""
    if device.topic_name is None:
        return
    if desk.authority is None:
        raise Refusal(503, "NO_AUTHORITY", "Central was told of no authority; the device's password stays good.")
    errand = Errand(actor=deed.actor, reason=deed.reason)
    request = RetireRoomDevicesRequest(errand=errand, room_id=device.room_id, names=(device.topic_name,))
    with answered():
        desk.authority.retire_devices(request)
    wake_boxes(desk, device.room_id)


def wake_boxes(desk: FrontDesk, room_id: str) -> None:
    """Tell the room's boxes that the authority has news for them; one that does not hear asks by itself later."""
    with desk.database.reading() as connection:
        boxes = box_register.boxes_in(connection, [room_id])
    desk.news.tell([box.box_id for box in boxes], "room devices")
