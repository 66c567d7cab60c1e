"""The authority's own work goes on after a failure, and a failure is logged once."""

import logging
import queue
from typing import Final

import pytest

from models.errors import StorageError
from provisioning.authority.http.ticker import Ticker

PATIENCE: Final = 20


class ScriptedWork:
    """Fails where the script says so; `done` hears of every try."""

    def __init__(self, script: str) -> None:
        self._script = iter(script)
        self.done: queue.Queue[str] = queue.Queue()

    def tick(self) -> None:
        step = next(self._script, ".")
        self.done.put(step)
        if step == "x":
            raise StorageError("The disk is full.")


def test_it_begins_at_once_and_comes_again() -> None:
    work = ScriptedWork("...")
    ticker = Ticker(work.tick, seconds=0.001)
    ticker.start()
    for _ in range(3):
        work.done.get(timeout=PATIENCE)
    ticker.stop()


def test_a_failure_is_logged_once_when_it_comes_and_once_when_it_goes(caplog: pytest.LogCaptureFixture) -> None:
    work = ScriptedWork("xxx.x..")
    ticker = Ticker(work.tick, seconds=0.001)
    with caplog.at_level(logging.INFO, "provisioning.authority.http.ticker"):
        ticker.start()
        for _ in range(7):
            work.done.get(timeout=PATIENCE)
        ticker.stop()
    levels = [record.levelname for record in caplog.records]
    assert levels == ["ERROR", "INFO", "ERROR", "INFO"]


def test_it_stops_while_it_waits() -> None:
    work = ScriptedWork("")
    ticker = Ticker(work.tick, seconds=3600)
    ticker.start()
    work.done.get(timeout=PATIENCE)
    ticker.stop()
    assert work.done.empty()
