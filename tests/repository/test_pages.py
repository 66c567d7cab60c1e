"""Each room has its page, links lead somewhere, and what a room promises stands on its page in the same words."""

import ast
import re
from pathlib import Path

import pytest

from tests.builders import checkout

CODE = frozenset((".py", ".js", ".html", ".css", ".sh"))
LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)#\s]+)(?:#[^)]*)?\)")


def _folders_with_code() -> list[Path]:
    found = {path.parent for path in checkout.files() if path.suffix in CODE and path.name != "__init__.py"}
    return sorted(folder for folder in found if folder.parts and folder.parts[0] in checkout.CODE_FOLDERS)


def _has_page(folder: Path) -> bool:
    """A page of its own, or a name on the nearest page above it. Folders of tests mirror rooms, whose pages serve."""
    if folder.parts[0] == "tests" and (checkout.REPOSITORY / folder.relative_to("tests")).is_dir():
        return True
    named: set[str] = set()
    for place in (folder, *folder.parents):
        if place / "README.md" in checkout.files():
            page = checkout.text(place / "README.md")
            return place == folder or any(re.search(rf"(?<![\w-]){re.escape(name)}/", page) for name in named)
        named.add(place.name)
    return False


@pytest.mark.parametrize("folder", _folders_with_code(), ids=str)
def test_a_folder_has_a_page_or_is_named_on_the_page_above_it(folder: Path) -> None:
    assert _has_page(folder), f"write {folder}/README.md, or say what stands in `{folder.name}/` on the page above it"


@pytest.mark.parametrize("page", checkout.files_ending(".md"), ids=str)
def test_links_lead_to_files(page: Path) -> None:
    targets = [
        link for link in LINK.findall(checkout.text(page)) if "://" not in link and not link.startswith("mailto:")
    ]
    missing = [link for link in targets if not (checkout.REPOSITORY / page.parent / link).exists()]
    assert not missing


# ---- the words of a room ----


def _classes(path: Path) -> list[ast.ClassDef]:
    return [node for node in checkout.tree(path).body if isinstance(node, ast.ClassDef)]


def _fields(definition: ast.ClassDef) -> list[str]:
    return [
        line.target.id
        for line in definition.body
        if isinstance(line, ast.AnnAssign) and isinstance(line.target, ast.Name)
    ]


def _members(path: str, name: str) -> list[str]:
    """The values of a StrEnum, read without importing it."""
    for definition in _classes(Path(path)):
        if definition.name == name:
            return [
                line.value.value
                for line in definition.body
                if isinstance(line, ast.Assign)
                and isinstance(line.value, ast.Constant)
                and isinstance(line.value.value, str)
            ]
    return []


def _is_on_page(word: str, page: str) -> bool:
    return re.search(rf"`[^`\n]*(?<![\w]){re.escape(word)}(?![\w])[^`\n]*`", page) is not None


def _promises() -> dict[str, tuple[str, list[str]]]:
    """What must be explained: name of the promise -> (the room whose pages explain it, words)."""
    promises = {
        "reason codes": ("edge", _members("models/admission.py", "ReasonCode")),
        "permissions": ("models", _members("models/staff.py", "Permission")),
        "roles": ("models", _members("models/staff.py", "Role")),
        "chip verdicts": ("models", _members("models/chip/verdict.py", "ChipVerdict")),
        "messages": ("models", [d.name for d in _classes(Path("models/messages.py")) if _is_struct(d)]),
        "fields of an exam's profile": (
            "models",
            [field for d in _classes(Path("models/exams.py")) if d.name == "ExamProfile" for field in _fields(d)],
        ),
    }
    for path in checkout.python_files("models", "edge"):
        for definition in _classes(path):
            if definition.name.endswith("EventKind"):
                promises[f"event kinds of {path}"] = (path.parts[0], _members(str(path), definition.name))
    for path in checkout.python_files(*checkout.PROGRAMS):
        if path.name == "settings.py":
            fields = [f for d in _classes(path) if _is_struct(d) and "Settings" in d.name for f in _fields(d)]
            promises[f"settings of {path}"] = (path.parts[0], fields)
    return promises


def _is_struct(definition: ast.ClassDef) -> bool:
    return any(ast.unparse(parent).endswith("Struct") for parent in definition.bases)


@pytest.mark.parametrize(("room", "words"), [pytest.param(*value, id=key) for key, value in _promises().items()])
def test_what_a_room_promises_stands_on_its_page(room: str, words: list[str]) -> None:
    assert words, "nothing was found where these words are declared; has the declaration moved?"
    page = checkout.page_of(room)
    missing = [word for word in words if not _is_on_page(word, page)]
    assert not missing, f"explain these in {room}/README.md or a README below it, in backticks: {missing}"
