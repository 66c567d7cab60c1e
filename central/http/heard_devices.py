"""When a device was heard, for pages of the registers that must open without the measurement store too."""

from datetime import datetime

from central.http.front_desk import FrontDesk
from central.measuring import views
from models.errors import StorageError


def heard_at(desk: FrontDesk, device_id: str) -> datetime | None:
    """When the device itself spoke last; None when it never did, or while the measurement store is away."""
    try:
        with desk.measurements.reading() as connection:
            word = views.word_of(connection, device_id)
    except StorageError:
        return None
    return None if word is None else word.heard_at
