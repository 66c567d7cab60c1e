"""The signed lists as files, for a USB stick: when the network between authority, broker or rooms is broken.

They are signed, so whoever carries them cannot change them. Not here: taking them (`broker install-list`, `trust-list
import`).
"""

from pathlib import Path
from typing import Final

from models.clock import Clock
from models.durable_files import write_whole
from models.errors import BadInputError
from models.identifiers import parse_school_id
from models.wire.trust_list import FILE_NAME, to_file
from provisioning.authority.founding import need_register, open_register
from provisioning.authority.key_files import read_keys
from provisioning.authority.ledger import Ledger
from provisioning.authority.settings import Settings

REVOCATIONS: Final = "revocations.pem"


class NoSuchSchoolError(BadInputError):
    """No box was ever made for that school."""


def export_lists(settings: Settings, clock: Clock, folder: Path, school: str | None) -> list[Path]:
    """Writes the revocation list (`revocations.pem`) and each school's `trust-list.json` in a folder of its own.

    With `school` its list lies beside the revocation list, as a box finds it on a stick. The new files. Raises
    NoSuchSchoolError, SettingsError, StorageError.
    """
    need_register(settings)
    now = clock.now()
    with open_register(settings) as database:
        ledger = Ledger(database, settings, read_keys(settings))
        ledger.tick(now)
        newest = ledger.revocation_lists.newest()
        schools = ledger.boxes.schools()
        if school is not None and school not in schools:
            raise NoSuchSchoolError(f"There is no box of a school {school}. Compare its code with the page.")
        wanted = schools if school is None else [school]
        lists = {one: to_file(ledger.trust_lists.of(one, now)) for one in wanted}
    written = {folder / REVOCATIONS: newest.pem} if newest else {}
    for one, content in lists.items():
        place = folder if school is not None else folder / parse_school_id(one)
        written[place / FILE_NAME] = content
    for path, content in written.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, content)
    return list(written)
