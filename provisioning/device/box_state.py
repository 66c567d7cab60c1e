"""What the room agent has stored, as far as provisioning must know: whether something has not reached central yet.

Not here: the stores themselves (`edge`), whose file and table are read here by name.
"""

import sqlite3
from contextlib import closing
from typing import Final
from urllib.parse import quote

from models.durable_files import sync_folder
from models.errors import ClassroomError
from models.identifiers import BoxId
from provisioning.device.box_folder import BoxFolder

OUTBOX: Final = "outbox.db"


class EventsWaitingError(ClassroomError):
    """Events of this box have not reached central yet. Let it run with the network, then try again."""


def waiting_events(box: BoxFolder) -> int | None:
    """How many events have no receipt of central; 0 without a store, None when the store cannot be read."""
    path = box.state / OUTBOX
    if not path.exists():
        return 0
    try:
        with closing(sqlite3.connect(f"file:{quote(str(path.absolute()))}?mode=ro", uri=True)) as connection:
            return int(connection.execute("SELECT count(*) FROM waiting").fetchone()[0])
    except sqlite3.Error:
        return None


def refuse_waiting_events(box: BoxFolder) -> None:
    """Raises EventsWaitingError unless everything has reached central."""
    waiting = waiting_events(box)
    if waiting != 0:
        how_many = "?" if waiting is None else str(waiting)
        raise EventsWaitingError(
            f"Còn {how_many} sự kiện chưa tới trung tâm. Nối mạng, chờ gửi xong, rồi thử lại.\n"
            f"{how_many} events have not reached central. Connect the network, wait until they are sent, try again."
        )


def set_state_aside(box: BoxFolder, old: BoxId) -> None:
    """Renames the stores of an earlier box; nothing is deleted."""
    if not box.state.exists():
        return
    number = 0
    while (kept := box.path / f"state.of-{old}-{number}").exists():
        number += 1
    box.state.rename(kept)
    sync_folder(box.path)
