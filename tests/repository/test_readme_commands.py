"""Every command in a README can be typed: the make target, the program, its errands and flags exist."""

import re
import shlex
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from tests.builders import checkout

BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
SHELLS = frozenset(("", "sh", "bash", "shell", "console"))
OUR_PROGRAMS = (*checkout.PROGRAMS, "models", "benchmarks")


def _commands(page: str) -> list[list[str]]:
    """The words of each command in the code blocks; comments, prompts and joined lines are taken apart."""
    found = []
    for block in (block for language, block in BLOCK.findall(page) if language in SHELLS):
        for line in block.replace("\\\n", " ").splitlines():
            bare = re.sub(r"(^|\s)#.*$", "", line).strip().removeprefix("$ ")
            for part in re.split(r"&&|\|\||;|\|", re.sub(r"[\[\]]", " ", bare)):
                words = shlex.split(part)
                while words and (re.fullmatch(r"[A-Z_]+=.*", words[0]) or words[0] in {"sudo", "exec", "time", "nice"}):
                    words.pop(0)
                    del words[: 2 if words[:1] == ["-u"] else 0]  # sudo -u ACCOUNT
                if words:
                    found.append(words)
    return found


def _all_commands() -> list[tuple[Path, list[str]]]:
    return [(page, words) for page in checkout.files_ending(".md") for words in _commands(checkout.text(page))]


def _make_commands() -> list[object]:
    return [
        pytest.param(words, id=f"{page}: {' '.join(words)}") for page, words in _all_commands() if words[0] == "make"
    ]


def _python_commands() -> list[object]:
    return [
        pytest.param(words[2], words[3:], id=f"{page}: {' '.join(words)}")
        for page, words in _all_commands()
        if words[0].rsplit("/", 1)[-1] in {"python", "python3"}
        and words[1:2] == ["-m"]
        and words[2].split(".")[0] in OUR_PROGRAMS
    ]


@pytest.mark.parametrize("words", _make_commands())
def test_make_targets_exist(words: list[str]) -> None:
    targets = set(re.findall(r"^([a-z-]+):", checkout.text(Path("Makefile")), re.MULTILINE))
    assert {word for word in words[1:] if not word.startswith("-") and "=" not in word} <= targets


@pytest.mark.parametrize(("program", "words"), _python_commands())
def test_programs_know_the_errands_and_flags(program: str, words: list[str]) -> None:
    errand, flags = _split(program, words)
    told = "\n".join(_told_by(program, errand[:depth]) for depth in range(len(errand) + 1))
    unknown = [flag for flag in flags if not re.search(rf"(?<![\w-]){re.escape(flag)}(?![\w-])", told)]
    assert not unknown
    missing = _required_options(_told_by(program, errand)) - set(flags)
    assert not missing or {"-h", "--help"} & set(flags)


def test_a_required_option_is_seen_in_what_argparse_prints() -> None:
    told = "usage: x put [-h] [--few A [A ...]] --room ROOM (--one | --two) [--chain-key [K]] box\n\n  --other O\n"
    assert _required_options(told) == {"--room"}


def test_scripts_exist() -> None:
    places = (*checkout.CODE_FOLDERS, ".ci")
    named = [words[0] for _, words in _all_commands() if "/" in words[0] and words[0].split("/")[0] in places]
    assert not [script for script in named if Path(script) not in checkout.files()]


def _split(program: str, words: list[str]) -> tuple[tuple[str, ...], list[str]]:
    """The errand within the errand ..., as far as the program offers a choice, and the flags of the rest."""
    errand: tuple[str, ...] = ()
    for word in words:
        choices = _choices(_told_by(program, errand))
        if word.startswith("-") or not choices:
            break
        assert word in choices, f"`python -m {' '.join((program, *errand))}` knows {sorted(choices)}, not {word}"
        errand = (*errand, word)
    flags = [word.split("=")[0] for word in words if re.match(r"--?[a-z]", word)]
    return errand, flags


def _required_options(told: str) -> set[str]:
    """The options outside all brackets in argparse's usage; one of several `(--a | --b)` is not asked for."""
    usage, changes = told.partition("\n\n")[0], 1
    while changes:
        usage, changes = re.subn(r"\[[^\[\]]*\]|\([^()]*\)", " ", usage)
    return set(re.findall(r"(?<![\w-])--[a-z][\w-]*", usage))


def _choices(told: str) -> set[str]:
    """The errands that argparse lists below a COMMAND or a {one,other} of its own."""
    heading = re.search(r"^  (?:[A-Z]+|\{[^}]*\})\n((?:    .*\n?)+)", told, re.MULTILINE)
    return set(re.findall(r"^    (\S+)", heading.group(1), re.MULTILINE)) if heading else set()


@cache
def _told_by(program: str, errand: tuple[str, ...]) -> str:
    asked = subprocess.run(
        [sys.executable, "-m", program, *errand, "--help"],
        cwd=checkout.REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        env={"PATH": "/usr/bin:/bin", "COLUMNS": "1000", "PYTHONPATH": str(checkout.REPOSITORY)},
    )
    assert asked.returncode == 0, f"`python -m {' '.join((program, *errand))} --help`: {asked.stderr[-500:]}"
    return asked.stdout
