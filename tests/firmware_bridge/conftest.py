"""The bench for sensor boards, compiled once in a run of the tests."""

from pathlib import Path

import pytest

from tests.builders.avr_board import build_bench


@pytest.fixture(scope="session")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where builds lie."""
    return tmp_path_factory.mktemp("avr")


@pytest.fixture(scope="session")
def avr_bench(workshop: Path) -> Path:
    """The program; skips, or fails on the build machine, where its tools are missing."""
    return build_bench(workshop)
