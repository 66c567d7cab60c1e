"""The writer: answers after commits, trouble and healing, a message that breaks it, old rows, a second program."""

from datetime import timedelta

from sqlalchemy import update

from central.measuring import tables
from central.measuring.retention import ROWS_IN_A_BITE, Retention
from models.telemetry import DeviceWord
from tests.builders.exams import SEVEN_O_CLOCK
from tests.builders.measured import MeasuredDevice, begin_alert, fill
from tests.builders.measuring_house import ONE, MeasuringHouse, SendingBox


def box_with(house: MeasuringHouse, words: int) -> SendingBox:
    box = SendingBox(ONE)
    at = [SEVEN_O_CLOCK + timedelta(minutes=one) for one in range(words)]
    box.keep(*(DeviceWord(device=house.devices[ONE][0], at=one, online=True) for one in at))
    house.clock.advance(hours=2)
    return box


def test_a_store_that_fails_is_not_answered_for_and_the_rows_come_again(house: MeasuringHouse) -> None:
    box = box_with(house, 3)
    with house.measurements.writing() as connection:
        connection.exec_driver_sql("ALTER TABLE device_words RENAME TO away")
    house.take(box.batch(1, 2))
    assert house.answers == []
    assert house.writer.health.trouble is not None
    with house.measurements.writing() as connection:
        connection.exec_driver_sql("ALTER TABLE away RENAME TO device_words")
    house.take(box.batch(1, 3))
    assert [mark.held for _, mark in house.answers] == [3]
    assert house.writer.health.trouble is None
    assert len(house.rows(tables.words)) == 3


def test_a_second_program_on_the_same_store_stores_nothing_twice(house: MeasuringHouse) -> None:
    box = box_with(house, 4)
    house.take(box.batch(1, 1))
    with house.measurements.writing() as connection:
        connection.execute(update(tables.marks).values(held=3))
    house.take(box.batch(2, 2))
    assert house.writer.health.trouble is not None
    assert len(house.rows(tables.words)) == 1
    house.take(box.batch(2, 3))
    assert house.answers[-1][1].held == 4
    assert len(house.rows(tables.words)) == 2


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
