"""A serial port that can be plugged in and pulled out: a pseudo terminal behind a path that stays the same."""

import os
import select
import time
import tty
from pathlib import Path

WAIT_SECONDS = 20.0


class PluggableBoard:
    """The device's side. `path` is what a plan names; it exists only while the board is plugged in."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._master = -1

    def plug(self) -> "PluggableBoard":
        self._master, slave = os.openpty()
        tty.setraw(slave)
        os.set_blocking(self._master, False)
        half = self.path.with_name(f"{self.path.name}.half")
        half.symlink_to(os.ttyname(slave))
        half.replace(self.path)
        os.close(slave)
        return self

    def unplug(self) -> None:
        self.path.unlink(missing_ok=True)
        if self._master >= 0:
            os.close(self._master)
        self._master = -1

    def say(self, text: bytes) -> None:
        os.write(self._master, text)

    def hear(self, ending: bytes = b"\n") -> bytes:
        """What the program wrote, up to an ending."""
        heard, until = b"", time.monotonic() + WAIT_SECONDS
        while not heard.endswith(ending):
            assert select.select([self._master], [], [], max(0.0, until - time.monotonic()))[0], heard
            try:
                heard += os.read(self._master, 4096)
            except OSError:  # nobody has the other side open yet
                time.sleep(0.005)
        return heard
