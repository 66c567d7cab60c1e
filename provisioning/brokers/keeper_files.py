"""What the keeper remembers over a kill, and what it tells people: two small files, each written whole.

Not here: what it does with them (`keeper`).
"""

from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Final

import msgspec

from models.durable_files import write_whole
from models.errors import StorageError
from models.identifiers import BoxId
from provisioning.brokers.broker_log import LogPlace, Refusal
from provisioning.brokers.revocation_list import ListHealth

STATUS_FILE: Final = "status.json"


class Trouble(StrEnum):
    """What staff must look at; the sentence of each stands in `README.md`."""

    LIST_ENDS_SOON = "list ends soon"
    LIST_ENDED = "list ended"
    LIST_MISSING = "list missing"
    LIST_REFUSED = "list refused"
    LIST_WAS_CHANGED = "list was changed"
    AUTHORITY_SILENT = "authority silent"
    BROKER_NOT_RUNNING = "broker not running"
    BROKER_FILES_BROKEN = "broker files broken"
    RELOAD_FAILED = "reload failed"
    BOX_NOT_CUT_OFF = "box not cut off"
    BOX_CAME_BACK = "box came back"
    FOREIGN_FILTER = "foreign filter"
    CERTIFICATE_ENDS_SOON = "certificate ends soon"
    DISK_TROUBLE = "disk trouble"


class KeeperMemory(msgspec.Struct, frozen=True, kw_only=True):
    """`highest` is the highest list number ever installed here. `kicked` are the revoked boxes already cut off.

    `to_report` are those of them that the authority has not heard of yet. `foreign` is who asked for what is not theirs
    within the last day, and when last; `foreign_filters` counts since the first start.
    """

    highest: int = 0
    kicked: frozenset[BoxId] = frozenset()
    to_report: frozenset[BoxId] = frozenset()
    refused: dict[Refusal, int] = {}
    foreign_filters: int = 0
    foreign: dict[str, datetime] = {}
    log: LogPlace = LogPlace()


class KeeperStatus(msgspec.Struct, frozen=True, kw_only=True):
    """How things are now. `refused` and `foreign_filters` count since the first start. All instants UTC."""

    at: datetime
    health: ListHealth
    number: int | None
    next_update: datetime | None
    authority_heard_at: datetime | None
    troubles: dict[Trouble, str]
    kicked: int
    refused: dict[Refusal, int]
    foreign_filters: int
    served_good_until: datetime | None = None
    """The end of the certificate that the broker serves."""


class MemoryFile:
    """The keeper's memory below its folder."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "memory.json"

    def read(self) -> KeeperMemory:
        """What was kept, or an empty memory before the first time. Raises StorageError on a damaged file."""
        try:
            return msgspec.json.decode(self._path.read_bytes(), type=KeeperMemory)
        except FileNotFoundError:
            return KeeperMemory()
        except (OSError, msgspec.DecodeError) as error:
            raise StorageError(
                f"{self._path} cannot be read ({error}). Set it aside and start again: revoked boxes are cut off anew."
            ) from None

    def write(self, memory: KeeperMemory) -> None:
        """Keeps it, on the disk before it returns. Raises StorageError."""
        write_whole(self._path, msgspec.json.encode(memory), 0o600)
