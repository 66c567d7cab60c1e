"""A program that is told to end hears it, at whatever instant it is told."""

import signal
import subprocess
import sys

import pytest

PROGRAM = """
from models.command_line import ToldToEnd
told = ToldToEnd()
told.listen(lambda: print("told", flush=True))
print("ready", flush=True)
while not told.wait(0.0001):
    pass
told.wait()
print("ended", flush=True)
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_program_in_the_middle_of_its_waits_ends(number: signal.Signals) -> None:
    for _ in range(3):
        with subprocess.Popen([sys.executable, "-c", PROGRAM], stdout=subprocess.PIPE, text=True) as program:
            assert program.stdout is not None
            assert program.stdout.readline() == "ready\n"
            program.send_signal(number)
            said, _ = program.communicate(timeout=60)
        assert said.split() == ["told", "ended"]
        assert program.returncode == 0
