"""A command's end: its own status, or one that says whether it was impossible or wrongly asked for."""

import argparse

import pytest

from models.command_line import run_command
from models.errors import StorageError


def _refuse(_: argparse.Namespace) -> int:
    raise StorageError("The card is full. Replace it.")


@pytest.fixture
def parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="classroom")
    commands = parser.add_subparsers(required=True)
    commands.add_parser("look").set_defaults(func=lambda _: 7)
    commands.add_parser("write").set_defaults(func=_refuse)
    return parser


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (["look"], 7, ""),
        (["write"], 2, "The card is full. Replace it.\n"),
        (["dance"], 3, "invalid choice"),
        ([], 3, "required"),
        (["--help"], 0, ""),
    ],
)
def test_the_exit_status_tells_what_became_of_it(
    parser: argparse.ArgumentParser, capsys: pytest.CaptureFixture[str], words: list[str], status: int, said: str
) -> None:
    assert run_command(parser, words) == status
    assert said in capsys.readouterr().err
