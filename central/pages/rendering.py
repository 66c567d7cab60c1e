"""Templates into pages: in the visitor's language, with times as schools write them.

Messages are Vietnamese; English comes from `english.po`. Not here: what the pages show (`central.http`).
"""

from collections.abc import Callable
from datetime import datetime
from importlib.resources import files
from typing import Any, Final

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from central.pages import box_words, equipment_words, fleet_words, place_words, principal_words, words
from central.pages.po_catalogue import read_po
from models.clock import SCHOOL_ZONE

LANGUAGE_COOKIE: Final = "lang"
_TABLES: Final[dict[str, dict[str, str]]] = (
    {
        "role": {str(code): word for code, word in words.ROLES.items()},
        "state": {str(code): word for code, word in words.STATES.items()},
        "light": {str(code): word for code, word in words.LIGHTS.items()},
        "kind": {str(code): word for code, word in words.KINDS.items()},
        "judged": {str(code): word for code, word in words.JUDGED.items()},
        "face": {str(code): word for code, word in words.FACES.items()},
        "chip": {str(code): word for code, word in words.CHIPS.items()},
        "reason": {str(code): word for code, word in words.REASONS.items()},
        "quarantine": {str(code): word for code, word in words.QUARANTINE.items()},
    }
    | place_words.TABLES
    | fleet_words.TABLES
    | box_words.TABLES
    | principal_words.TABLES
    | equipment_words.TABLES
)


class Pages:
    """Renders templates. Made once; safe for threads."""

    def __init__(self) -> None:
        self._english = read_po(files("central.pages").joinpath("english.po").read_text("utf-8"))
        self._environment = Environment(
            loader=PackageLoader("central.pages"),
            autoescape=select_autoescape(default=True, default_for_string=True),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.filters["clock"] = clock_time
        self._environment.filters["in_sentence"] = in_sentence
        self._environment.filters["day"] = day
        self._environment.filters["since"] = since
        self._environment.filters["iso"] = datetime.isoformat

    def answer(self, request: Request, template: str, *, status: int = 200, **content: Any) -> HTMLResponse:
        """The page or fragment for this visitor."""
        return HTMLResponse(self.render(template, language_of(request), path=request.url.path, **content), status)

    def render(self, template: str, language: str, **content: Any) -> str:
        """The text of a template with its words in a language ("vi" or "en")."""
        say = self.translator(language)

        def word(table: str, code: str | None) -> str:
            return say(_TABLES[table].get(code or "", code or ""))

        return self._environment.get_template(template).render(_=say, word=word, language=language, **content)

    def translator(self, language: str) -> Callable[..., str]:
        """A function from a Vietnamese message, with its values by name, to what is shown."""

        def say(message: str, **values: Any) -> str:
            shown = self._english.get(message, message) if language == "en" else message
            return shown.format(**values) if values else shown

        return say


def language_of(request: Request) -> str:
    """The language that the visitor chose; Vietnamese unless English was asked for."""
    return "en" if request.cookies.get(LANGUAGE_COOKIE) == "en" else "vi"


def clock_time(instant: datetime | None) -> str:
    """07:42:10 in school time."""
    return "" if instant is None else f"{instant.astimezone(SCHOOL_ZONE):%H:%M:%S}"


def in_sentence(word: str) -> str:
    """The word as it stands inside a sentence: "Khí CO₂" becomes "khí CO₂"; one that begins as a formula stays."""
    return word if word[1:2].isupper() else word[:1].lower() + word[1:]


def since(instant: datetime | None, now: datetime) -> str:
    """10:42 of today, 20/11 10:42 of another day, with the year when it is another one."""
    if instant is None:
        return ""
    then, today = instant.astimezone(SCHOOL_ZONE), now.astimezone(SCHOOL_ZONE)
    if then.date() == today.date():
        return f"{then:%H:%M}"
    return f"{then:%d/%m %H:%M}" if then.year == today.year else f"{then:%d/%m/%Y %H:%M}"


def day(instant: datetime | None) -> str:
    """11/06/2026 in school time."""
    return "" if instant is None else f"{instant.astimezone(SCHOOL_ZONE):%d/%m/%Y}"
