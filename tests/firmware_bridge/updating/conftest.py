"""A simulated board with a bootloader, and two builds of its firmware."""

from pathlib import Path

import pytest

from tests.builders.avr_board import BuiltFirmware, build_bench, build_firmware


@pytest.fixture(scope="session")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("avr")


@pytest.fixture(scope="session")
def avr_bench(workshop: Path) -> Path:
    return build_bench(workshop)


@pytest.fixture(scope="session")
def first_firmware(workshop: Path, avr_bench: Path) -> BuiltFirmware:  # noqa: ARG001 - tells what is missing
    return build_firmware(workshop, "1.0.0")


@pytest.fixture(scope="session")
def second_firmware(workshop: Path, avr_bench: Path) -> BuiltFirmware:  # noqa: ARG001 - as above: needs the tools
    return build_firmware(workshop, "1.1.0", PERIOD_MS="500")
