"""A serial port that the bridge leaves alone while an interrupted flash waits there for its end."""

from firmware_bridge.board_link import LineBusyError
from firmware_bridge.serial_board_link import SerialBoardLink
from firmware_bridge.updating.flash_journal import FlashJournal


class ReservedLink(SerialBoardLink):
    """As `SerialBoardLink`; `firmware recover` finds the port free, and the bridge opens it when all is well again."""

    def __init__(self, path: str, baud: int, journal: FlashJournal) -> None:
        super().__init__(path, baud)
        self._journal = journal

    def open(self) -> None:
        """Raises LineBusyError while the journal has an entry for the port, else as SerialBoardLink."""
        if self._journal.names(self.where):
            raise LineBusyError(f"The firmware at {self.where} was cut off and is brought to an end after the lesson.")
        super().open()
