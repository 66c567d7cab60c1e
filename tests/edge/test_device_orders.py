"""An order for a device: handed on once, answered when the device did, the same answer for ever."""

from datetime import timedelta
from pathlib import Path

import pytest

from edge.command_memory import CommandMemory
from edge.equipment_watch.orders import DeviceOrder
from edge.exam_desk.desk import Desk
from edge.remote_orders import Answered, RemoteOrders, UnderWay, result_of
from models.errors import StorageError
from models.messages import CommandOutcome
from models.room_messages import DeviceCommandName, DeviceOutcome
from models.wire.commands import Command, CommandName
from tests.builders.exams import SEVEN_O_CLOCK
from tests.fakes.scripted_room_parts import OrdersInMind

OFF = Command(
    command_id="order-1",
    box_id="box-101",
    name=CommandName.DEVICE,
    issued_at=SEVEN_O_CLOCK,
    expires_at=SEVEN_O_CLOCK + timedelta(minutes=10),
    device="dev-1",
    device_command=DeviceCommandName.POWER_OFF,
)
LATER = SEVEN_O_CLOCK + timedelta(seconds=2)


class Box:
    """What was handed on, and a memory that may be on a card."""

    def __init__(self, memory: OrdersInMind | CommandMemory) -> None:
        self.memory = memory
        self.handed: list[DeviceOrder] = []
        self.restart()

    def restart(self) -> None:
        self.orders = RemoteOrders(self.memory, bytes, self.handed.append)

    def answer(self, command: Command = OFF, *, in_time: bool = True) -> Answered | UnderWay:
        return self.orders.answer(command, Desk(), SEVEN_O_CLOCK, in_time=in_time)

    def outcome(self) -> CommandOutcome:
        answered = self.answer()
        assert isinstance(answered, Answered)
        return answered.result.outcome


@pytest.fixture
def box() -> Box:
    return Box(OrdersInMind())


def test_it_is_handed_on_once_and_its_result_is_the_devices(box: Box) -> None:
    assert box.answer() == UnderWay(is_new=True)
    assert box.answer() == UnderWay(is_new=False)
    (order,) = box.handed
    box.orders.finish(result_of(order.ended(DeviceOutcome.DONE, "as asked", LATER)))
    assert box.outcome() is CommandOutcome.DONE
    assert len(box.handed) == 1


def test_a_later_answer_of_the_device_takes_the_place_of_the_first_result(box: Box) -> None:
    box.answer()
    (order,) = box.handed
    for outcome in (DeviceOutcome.FAILED, DeviceOutcome.DONE):
        box.orders.finish(result_of(order.ended(outcome, "as asked", LATER)))
    assert box.outcome() is CommandOutcome.DONE


def test_after_a_power_cut_it_is_not_done_again(tmp_path: Path) -> None:
    memory = CommandMemory(tmp_path / "commands.db")
    memory.start()
    box = Box(memory)
    box.answer()
    box.restart()
    assert box.outcome() is CommandOutcome.FAILED
    assert len(box.handed) == 1
    box.orders.finish(result_of(box.handed[0].ended(DeviceOutcome.SENT, "sent", LATER)))
    assert box.outcome() is CommandOutcome.SENT, "taken is not done"
    memory.stop()


def test_what_cannot_be_remembered_is_not_asked() -> None:
    box = Box(OrdersInMind(broken=True))
    answered = box.answer()
    assert isinstance(answered, Answered)
    assert (answered.result.outcome, box.handed) == (CommandOutcome.FAILED, [])


def test_late_orders_and_those_without_a_device_are_handed_to_nobody(box: Box) -> None:
    late = box.answer(in_time=False)
    assert isinstance(late, Answered)
    assert late.result.outcome is CommandOutcome.EXPIRED
    nameless = Command(
        command_id="order-2", box_id="box-101", name=CommandName.DEVICE, issued_at=OFF.issued_at,
        expires_at=OFF.expires_at,
    )  # fmt: skip
    refused = box.answer(nameless)
    assert isinstance(refused, Answered)
    assert refused.result.outcome is CommandOutcome.REFUSED
    assert box.handed == []


def test_a_box_without_equipment_refuses() -> None:
    answered = RemoteOrders(OrdersInMind(), bytes).answer(OFF, Desk(), SEVEN_O_CLOCK, in_time=True)
    assert isinstance(answered, Answered)
    assert answered.result.outcome is CommandOutcome.REFUSED


def test_a_card_that_fails_at_the_end_leaves_the_first_result(box: Box) -> None:
    box.answer()

    class Full(OrdersInMind):
        def replace(self, _result: object) -> None:
            raise StorageError("The card is full.")

    full = Box(Full())
    full.answer()
    full.orders.finish(result_of(full.handed[0].ended(DeviceOutcome.DONE, "", LATER)))
    assert full.outcome() is CommandOutcome.FAILED
