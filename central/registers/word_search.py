"""Search as people type: without accents, in small letters, each word anywhere. Folded texts are stored in the rows.

Not here: which columns are searched (each register says what it folds).
"""

import unicodedata
from typing import Final

from sqlalchemy import Column, ColumnElement, and_, true

MOST_WORDS: Final = 6


def fold(*texts: str | None) -> str:
    """Letters without marks (đ is d), lower case, single spaces: "Trường Đồng Khởi" is "truong dong khoi"."""
    joined = " ".join(text for text in texts if text)
    decomposed = unicodedata.normalize("NFKD", joined.replace("Đ", "D").replace("đ", "d").replace("\x00", " "))
    bare = "".join(letter for letter in decomposed if not unicodedata.combining(letter))
    return " ".join(bare.casefold().split())


def every_word(folded: Column[str], words: str) -> ColumnElement[bool]:
    """The condition that each of the first six words stands in the folded column; no word asks for nothing."""
    asked = fold(words).split()[:MOST_WORDS]
    return and_(true(), *(folded.contains(word, autoescape=True) for word in asked))
