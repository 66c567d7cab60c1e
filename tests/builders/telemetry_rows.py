"""Rows of telemetry that carry a number, so that a test finds them again."""

from datetime import UTC, datetime, timedelta

from models.room_messages import DeviceCommandName, DeviceOutcome
from models.telemetry import Alert, AlertKind, AskedBy, CommandRow, DeviceWord, MinuteValues, Row

MORNING = datetime(2026, 6, 11, 0, 0, tzinfo=UTC)


def word(number: int, device: str = "dev-1") -> DeviceWord:
    return DeviceWord(
        device=device, at=MORNING + timedelta(seconds=number), online=True, values={"hours": float(number)}
    )


def minute(number: int, metric: str = "co2") -> MinuteValues:
    return MinuteValues(
        device="dev-1",
        metric=metric,
        minute=MORNING + timedelta(minutes=number),
        count=1,
        lowest=number,
        highest=number,
        mean=number,
        last=number,
    )


def alert(number: int, *, ended: bool = False) -> Alert:
    began = MORNING + timedelta(minutes=number)
    return Alert(
        alert_id=f"alert-{number}",
        device=f"dev-{number}",
        kind=AlertKind.HOT,
        began_at=began,
        ended_at=began + timedelta(minutes=5) if ended else None,
    )


def command(number: int) -> CommandRow:
    at = MORNING + timedelta(minutes=number)
    return CommandRow(
        command_id=f"order-{number}",
        device="dev-1",
        name=DeviceCommandName.POWER_OFF,
        asked=AskedBy.PERSON,
        by="staff",
        asked_at=at,
        outcome=DeviceOutcome.DONE,
        finished_at=at,
    )


def number_of(row: Row) -> int:
    """The number of a word or minute."""
    match row:
        case DeviceWord(values=values):
            return int(float(values["hours"]))
        case MinuteValues(lowest=lowest):
            return int(lowest)
        case _:
            raise AssertionError(type(row))
