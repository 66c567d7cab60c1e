"""Two builds of the reference firmware."""

from pathlib import Path

import pytest

from tests.builders.avr_board import BuiltFirmware, build_firmware


@pytest.fixture(scope="session")
def first_firmware(workshop: Path, avr_bench: Path) -> BuiltFirmware:  # noqa: ARG001 - tells what is missing
    return build_firmware(workshop / "update", "1.0.0")


@pytest.fixture(scope="session")
def second_firmware(workshop: Path, avr_bench: Path) -> BuiltFirmware:  # noqa: ARG001 - as above: needs the tools
    return build_firmware(workshop / "update", "1.1.0", PERIOD_MS="500")
