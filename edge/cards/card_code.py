"""What a scanner or a keyboard gives before the chip is read: a text that may hold the card's access number.

The QR code of a card is not signed: it opens the chip and points at a roster row, it never proves who somebody is.
"""

import re

_SIX_DIGITS = re.compile(r"[0-9]{6}")
_TWELVE_DIGITS = re.compile(r"[0-9]{12}")
_LONGEST_CODE = 2000


def access_number_in(text: str) -> str | None:
    """The six digits (CAN) that the text holds, or None when it is no card's code.

    Understood are: the QR text of a citizen card (fields parted by `|`, the 12-digit number first), a bare 12-digit
    number, and six digits. On Vietnamese cards the access number is the end of the citizen number.
    """
    first = text[:_LONGEST_CODE].strip().split("|")[0].strip()
    if _TWELVE_DIGITS.fullmatch(first):
        return first[-6:]
    if _SIX_DIGITS.fullmatch(first) and "|" not in text:
        return first
    return None
