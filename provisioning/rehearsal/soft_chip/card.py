"""What a soft chip is made of: files, keys, habits, and what is wrong with it. A card can be kept in a file.

Not here: how the files come to be (`card_files`), nor how they are spoken for (`chip`).
"""

from pathlib import Path

import msgspec

from models.errors import BadInputError
from provisioning.rehearsal.soft_chip.chip_keys import AgreementKey, PaceOffer, SigningKey
from provisioning.rehearsal.soft_chip.dialect import Dialect
from provisioning.rehearsal.soft_chip.faults import Damaged, Fault, PulledOut
from provisioning.rehearsal.soft_chip.short_file import ShortFile

__all__ = ["Card", "CardFileError", "Damaged", "PulledOut", "ShortFile", "load_card", "save_card"]


class CardFileError(BadInputError):
    """A kept card cannot be read; make it anew with `python -m provisioning soft-chip --save FILE`."""


class Card(msgspec.Struct, frozen=True, kw_only=True):
    """One citizen card. `files` are whole elementary files; `mrz` the three lines of thirty without line ends.

    `access_number` is the CAN (six digits), `qr_text` what is printed on the card. `pace` are the ways in that the chip
    answers, whatever its files say; `opens_by_bac` says whether it answers the older one. A key that is None is one
    that the chip does not have: a copy.
    """

    access_number: str
    mrz: str
    qr_text: str
    files: dict[ShortFile, bytes]
    chip_key: AgreementKey | None = None
    mapping_key: AgreementKey | None = None
    active_key: SigningKey | None = None
    pace: tuple[PaceOffer, ...] = (PaceOffer(),)
    opens_by_bac: bool = True
    dialect: Dialect = Dialect()
    fault: Fault | None = None

    @property
    def mrz_key_text(self) -> str:
        """Document number, birth and expiry with their check digits (ICAO Doc 9303-11 section 4.3.2)."""
        return self.mrz[5:15] + self.mrz[30:37] + self.mrz[38:45]


def save_card(card: Card, path: Path) -> None:
    """Writes the card, keys included, readable by its owner only."""
    path.touch(mode=0o600)
    path.write_bytes(msgspec.json.encode(card))


def load_card(path: Path) -> Card:
    """The card in a file; raises `CardFileError`."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Card)
    except (OSError, msgspec.DecodeError) as error:
        raise CardFileError(f"{path.name} holds no card that can be laid.") from error
