"""Who may speak on each room's own broker: user names and password hashes, and a version that rises per room."""

from sqlite_utils import Database

from models.enrollment import RoomDevice
from models.identifiers import RoomId


class RoomDevices:
    """The rows of one open register. Callers hold the transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def of(self, room_id: RoomId) -> tuple[RoomDevice, ...]:
        """The room's devices by name."""
        rows = self._database.execute(
            "SELECT name, password_hash FROM room_devices WHERE room_id = ? ORDER BY name", [room_id]
        )
        return tuple(RoomDevice(name=row[0], password_hash=row[1]) for row in rows)

    def version(self, room_id: RoomId) -> int:
        """How often the room's list has changed."""
        row = self._database.execute("SELECT version FROM room_device_versions WHERE room_id = ?", [room_id]).fetchone()
        return 0 if row is None else int(row[0])

    def put(self, room_id: RoomId, devices: tuple[RoomDevice, ...]) -> None:
        """Adds devices; a name that is there has the new password from now on."""
        for device in devices:
            self._database.execute(
                "INSERT OR REPLACE INTO room_devices VALUES (?, ?, ?)", [room_id, device.name, device.password_hash]
            )
        self._raise_version(room_id)

    def retire(self, room_id: RoomId, names: tuple[str, ...]) -> int:
        """Takes names out; returns how many were there."""
        gone = sum(
            self._database.execute("DELETE FROM room_devices WHERE room_id = ? AND name = ?", [room_id, name]).rowcount
            for name in names
        )
        if gone:
            self._raise_version(room_id)
        return gone

    def leap(self, at_least: int, by: int) -> None:
        """Every room's version rises far."""
        self._database.execute("UPDATE room_device_versions SET version = max(?, version + ?)", [at_least, by])

    def _raise_version(self, room_id: RoomId) -> None:
        self._database.execute(
            "INSERT INTO room_device_versions VALUES (?, 1) ON CONFLICT (room_id) DO UPDATE SET version = version + 1",
            [room_id],
        )
