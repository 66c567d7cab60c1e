"""A gettext catalogue read straight from its .po text: no compiled file is kept or built.

Understands msgid and msgstr with continuation lines, comments and obsolete entries; no plurals, no contexts (we use
none).
"""

import json
import re

_STRING = re.compile(r'"(?:[^"\\]|\\.)*"')


class CatalogueError(ValueError):
    """The .po text has a line that is none of its kind; raised at start, for the programmer."""


def read_po(text: str) -> dict[str, str]:
    """Message to translation, both as they are shown. Untranslated messages and the header are left out."""
    messages: dict[str, str] = {}
    field, parts = "", {"msgid": "", "msgstr": ""}
    for number, line in enumerate([*text.splitlines(), 'msgid ""'], start=1):
        words = line.strip()
        if not words or words.startswith("#"):
            continue
        keyword, _, rest = words.partition(" ")
        if keyword in parts:
            field = keyword
        else:
            rest = words
        if not field or not _STRING.fullmatch(rest):
            raise CatalogueError(f"Line {number} of the catalogue cannot be read.")
        if keyword == "msgid":
            if parts["msgid"] and parts["msgstr"]:
                messages[parts["msgid"]] = parts["msgstr"]
            parts = {"msgid": "", "msgstr": ""}
        parts[field] += json.loads(rest)
    return messages
