"""The builds of the reference firmware that these tests share."""

from pathlib import Path

import pytest

from tests.builders.avr_board import BuiltFirmware, build_firmware


@pytest.fixture(scope="session")
def firmware(workshop: Path, avr_bench: Path) -> BuiltFirmware:  # noqa: ARG001 - tells what is missing
    """As it is signed for schools, but with a reading each 100 ms."""
    return build_firmware(workshop / "schools", "1.0.0", PERIOD_MS="100")


@pytest.fixture(scope="session")
def hanging_firmware(workshop: Path, avr_bench: Path) -> BuiltFirmware:  # noqa: ARG001 - as above: needs the tools
    """The test build, which knows the hang command."""
    return build_firmware(workshop / "test", "1.0.0", PERIOD_MS="100", TEST="1")
