"""Names of boxes: a new one for each physical box, short enough to be read out."""

import secrets
from collections.abc import Callable
from typing import Final

from models.identifiers import BoxId
from models.wire.enrollment_code import ALPHABET

LETTERS: Final = 8


def new_box_id(taken: Callable[[str], bool]) -> BoxId:
    """`box-` and eight lower-case letters and digits that nobody has: 40 random bits."""
    while True:
        name = "box-" + "".join(secrets.choice(ALPHABET.lower()) for _ in range(LETTERS))
        if not taken(name):
            return BoxId(name)
