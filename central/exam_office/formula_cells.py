"""Cells that a spreadsheet could take for a formula: made harmless for a file that people take away, and read back.

Not here: writing files (`it_office.table_export`, `rejects_file`) and reading them (`table_file`).
"""

import re
from typing import Final

_FORMULA: Final = r"(?='*(?:\"|[^\S\r\n])*[=+\-@\t\r])"
"""A spreadsheet may drop blanks and quotation marks before a formula. Apostrophes of ours and others' are counted."""
_HARMFUL: Final = re.compile(rf"(^|[;\r\n]){_FORMULA}")
_TAMED: Final = re.compile(rf"(^|[;\r\n])'{_FORMULA}")


def tame(cell: str) -> str:
    """The cell with an apostrophe before every formula in it; `untamed` takes exactly these away.

    A formula may also begin after a semicolon or a new line: where spreadsheets cut a CSV at semicolons, the quotation
    marks around a cell do not hold. They do where it is cut at commas.
    """
    return _HARMFUL.sub(r"\1'", cell)


def untamed(cell: str) -> str:
    """The cell as it was before `tame`."""
    return _TAMED.sub(r"\1", cell)
