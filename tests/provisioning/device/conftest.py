"""A real authority that the tests of a module share."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.builders.needed_programs import need
from tests.builders.running_authority import RunningProgram, running_authority
from tests.fakes.repeating_server import RepeatingServer


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningProgram]:
    with running_authority(tmp_path_factory.mktemp("authority")) as running:
        yield running


@pytest.fixture
def strace() -> str:
    program = shutil.which("strace")
    need("strace", program)
    return str(program)


@pytest.fixture
def man_in_the_middle(tmp_path: Path, free_port: int) -> Iterator[Callable[[str], str]]:
    """Starts a machine that shows a certificate of its own and passes every question on to the true authority."""
    servers: list[RepeatingServer] = []

    def stand_before(address: str) -> str:
        server = RepeatingServer(tmp_path / "between", free_port, address)
        servers.append(server)
        server.start()
        return server.address

    yield stand_before
    for server in servers:
        server.stop()
