"""The elementary files of a card by number (ICAO Doc 9303-10 section 3.11)."""

from enum import IntEnum


class ShortFile(IntEnum):
    """Short identifiers; the long one of a file in the application is 0x0100 higher.

    The last two lie directly under the card and repeat short identifiers of the application, so they have their long
    ones here.
    """

    DG1 = 0x01
    DG2 = 0x02
    DG11 = 0x0B
    DG12 = 0x0C
    DG13 = 0x0D
    DG14 = 0x0E
    DG15 = 0x0F
    CARD_ACCESS = 0x1C
    SOD = 0x1D
    COM = 0x1E
    CARD_SECURITY = 0x011D
    ATR_INFO = 0x2F01
