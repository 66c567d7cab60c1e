"""Files and classes are called what a school would call them."""

import ast

from tests.builders import checkout

VAGUE = frozenset(
    ("manager", "helper", "helpers", "util", "utils", "common", "base", "service", "handler", "data", "info", "misc")
)

# The words of others: a contract, a standard or a library gives the name and we repeat it.
GIVEN = ("data_group", "DataGroup", "security_info", "SecurityInfo", "PaceInfo", "AuthenticationInfo")


def _vague_words(name: str) -> frozenset[str]:
    for given in GIVEN:
        name = name.replace(given, "")
    return VAGUE.intersection(checkout.words_of(name))


def test_no_file_or_folder_has_a_vague_name() -> None:
    vague = {
        str(path): words
        for path in checkout.files()
        if path.parts[0] in checkout.CODE_FOLDERS
        for part in (*path.parent.parts, path.stem)
        if (words := _vague_words(part))
    }
    assert not vague, f"say what these hold: {vague}"


def test_no_class_has_a_vague_name() -> None:
    vague = {
        f"{path}:{node.lineno} {node.name}": words
        for path in checkout.python_files()
        for node in ast.walk(checkout.tree(path))
        if isinstance(node, ast.ClassDef) and (words := _vague_words(node.name))
    }
    assert not vague, f"say what these are: {vague}"
