"""The writer: answers after commits, trouble and healing, a message that breaks it, old rows, a second program."""

from datetime import timedelta

from sqlalchemy import update

from central.measuring import tables
from central.measuring.known_places import KnownPlaces
from central.measuring.retention import ROWS_IN_A_BITE, Retention
from central.registers.device_homes import Home
from models.room_messages import DeviceCommandName, DeviceOutcome
from models.telemetry import AskedBy, CommandRow, DeviceWord, RawValue, RawValues
from tests.builders.exams import SEVEN_O_CLOCK
from tests.builders.measured import MeasuredDevice, begin_alert, fill
from tests.builders.measuring_house import ONE, TWO, MeasuringHouse, SendingBox


def box_with(house: MeasuringHouse, words: int) -> SendingBox:
    box = SendingBox(ONE)
    at = [SEVEN_O_CLOCK + timedelta(minutes=one) for one in range(words)]
    box.keep(*(DeviceWord(device=house.devices[ONE][0], at=one, online=True) for one in at))
    house.clock.advance(hours=2)
    return box


def trouble_of(house: MeasuringHouse) -> str | None:
    return house.writer.health.trouble


def test_a_store_that_fails_is_not_answered_for_and_the_rows_come_again(house: MeasuringHouse) -> None:
    box = box_with(house, 3)
    with house.measurements.writing() as connection:
        connection.exec_driver_sql("ALTER TABLE device_words RENAME TO away")
    house.take(box.batch(1, 2))
    assert house.answers == []
    assert trouble_of(house)
    with house.measurements.writing() as connection:
        connection.exec_driver_sql("ALTER TABLE away RENAME TO device_words")
    house.take(box.batch(1, 3))
    assert [mark.held for _, mark in house.answers] == [3]
    assert trouble_of(house) is None
    assert len(house.rows(tables.words)) == 3


def test_a_second_program_on_the_same_store_stores_nothing_twice(house: MeasuringHouse) -> None:
    box = box_with(house, 4)
    house.take(box.batch(1, 1))
    with house.measurements.writing() as connection:
        connection.execute(update(tables.marks).values(held=3))
    house.take(box.batch(2, 2))
    assert trouble_of(house)
    assert len(house.rows(tables.words)) == 1
    house.take(box.batch(2, 3))
    assert house.answers[-1][1].held == 4
    assert len(house.rows(tables.words)) == 2


class StumblingPlaces(KnownPlaces):
    """Registers on which the program itself fails, for one device."""

    stumbles_on = ""

    def home_of(self, device_id: str) -> Home | None:
        if device_id == self.stumbles_on:
            raise ArithmeticError
        return super().home_of(device_id)


def test_a_message_on_which_the_program_fails_is_passed_over_and_the_others_are_taken(house: MeasuringHouse) -> None:
    house.places = StumblingPlaces(house.central, house.clock)
    house.places.look()
    StumblingPlaces.stumbles_on = house.devices[TWO][0]
    one, two = box_with(house, 2), SendingBox(TWO)
    two.keep(*(DeviceWord(device=device, at=SEVEN_O_CLOCK, online=True) for device in house.devices[TWO]))
    house.session.stop()
    writer = house.new_writer()
    house.session.stop()
    sender = house.broker.session("boxes")
    sender.start(lambda _topic, _payload: None, lambda _state: None)
    writer.start()
    for topic, payload in (two.batch(1, 1), one.batch(1, 2), two.batch(2, 1)):
        sender.publish(topic, payload)
    writer.stop()
    assert {row["box_id"]: (row["held"], row["unreadable"]) for row in house.rows(tables.marks)} == {
        ONE: (2, 0),
        TWO: (2, 1),
    }
    assert len(house.rows(tables.words)) == 3


def test_the_writers_thread_answers_and_ends(house: MeasuringHouse) -> None:
    box = box_with(house, 50)
    house.session.stop()
    writer = house.new_writer()
    house.session.stop()
    writer.start()
    sender = house.broker.session(ONE)
    sender.start(lambda _topic, _payload: None, lambda _state: None)
    for topic, payload in box.batches(5):
        sender.publish(topic, payload)
    writer.stop()
    assert house.answers[-1][1].held == 50
    assert len(house.rows(tables.words)) == 50


def test_old_rows_go_in_bites_and_young_ones_stay(house: MeasuringHouse) -> None:
    board = MeasuredDevice(device_id="dev-1", room_id="DK-101", metrics=("temperature",))
    box = box_with(house, ROWS_IN_A_BITE + 5)
    house.take(*box.batches(100))
    with house.measurements.writing() as connection:
        fill(connection, [board], SEVEN_O_CLOCK, days=2)
        begin_alert(connection, board, SEVEN_O_CLOCK)
    house.clock.advance(days=tables.WORD_DAYS + 1)
    eater = Retention(house.clock)
    assert eater.bite(house.measurements) == ROWS_IN_A_BITE
    assert eater.bite(house.measurements) == 0
    house.clock.advance(seconds=1)
    assert eater.bite(house.measurements) == 5
    assert house.rows(tables.words) == []
    assert len(house.rows(tables.alerts)) == 1
    assert len(house.rows(tables.minutes)) == 24 * 60


def test_bites_grow_while_there_is_much_to_forget(house: MeasuringHouse) -> None:
    box = box_with(house, 4 * ROWS_IN_A_BITE)
    house.take(*box.batches(400))
    house.clock.advance(days=tables.WORD_DAYS + 2)
    eater = Retention(house.clock)
    bites = []
    for _ in range(4):
        bites.append(eater.bite(house.measurements))
        house.clock.advance(seconds=1)
    assert bites == [ROWS_IN_A_BITE, 2 * ROWS_IN_A_BITE, ROWS_IN_A_BITE, 0]


def test_raw_readings_are_forgotten_after_two_days_and_commands_in_their_time(house: MeasuringHouse) -> None:
    device = house.devices[ONE][0]
    raw = RawValues(device=device, values=(RawValue(metric="co2", at=SEVEN_O_CLOCK, value=800),))
    done = CommandRow(
        command_id="c1", device=device, name=DeviceCommandName.POWER_OFF, asked=AskedBy.RULE, by="r1",
        asked_at=SEVEN_O_CLOCK, outcome=DeviceOutcome.DONE, finished_at=SEVEN_O_CLOCK,
    )  # fmt: skip
    box = box_with(house, 0)
    box.keep(raw, done)
    house.take(box.batch(1, 2))
    eater, passed = Retention(house.clock), 0
    for table, days in ((tables.raw_values, tables.RAW_DAYS), (tables.commands_done, tables.COMMAND_DAYS)):
        house.clock.advance(days=days - 1 - passed)
        eater.bite(house.measurements)
        assert len(house.rows(table)) == 1
        house.clock.advance(days=2)
        assert eater.bite(house.measurements) == 1
        assert house.rows(table) == []
        passed = days + 1


def test_the_one_bad_message_among_many_is_found_in_halves(house: MeasuringHouse) -> None:
    house.places = StumblingPlaces(house.central, house.clock)
    house.places.look()
    StumblingPlaces.stumbles_on = house.devices[TWO][0]
    house.session.stop()
    writer = house.new_writer()
    house.session.stop()
    good, bad = box_with(house, 200), SendingBox(TWO)
    bad.keep(DeviceWord(device=house.devices[TWO][0], at=SEVEN_O_CLOCK, online=True))
    sender = house.broker.session("boxes")
    sender.start(lambda _topic, _payload: None, lambda _state: None)
    writer._session.start(writer._hear, lambda _state: None)  # all wait before the thread begins
    for topic, payload in (*good.batches(2), bad.batch(1, 1)):
        sender.publish(topic, payload)
    writer._thread.start()
    writer.stop()
    assert len(house.rows(tables.words)) == 200
    assert {row["box_id"]: row["held"] for row in house.rows(tables.marks)} == {ONE: 200, TWO: 1}
    assert writer.health.commits <= 10


def test_everything_is_forgotten_at_last(house: MeasuringHouse) -> None:
    board = MeasuredDevice(device_id="dev-1", room_id="DK-101", metrics=("temperature",))
    with house.measurements.writing() as connection:
        fill(connection, [board], SEVEN_O_CLOCK)
        begin_alert(connection, board, SEVEN_O_CLOCK)
    house.clock.advance(days=900)
    eater = Retention(house.clock)
    while eater.bite(house.measurements):
        house.clock.advance(seconds=1)
    gone = (tables.minutes, tables.hours, tables.room_hours, tables.device_days, tables.room_days, tables.alerts)
    assert [house.rows(one) for one in gone] == [[]] * len(gone)
