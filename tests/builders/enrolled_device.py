"""A box that is enrolled in a test: file keys, no systemd; and a program that dies after a step of its choice."""

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

from provisioning.device import enrollment, units
from provisioning.device.box_folder import BoxFolder
from provisioning.device.enrollment import Enrolled, Order, Step
from provisioning.device.file_keys import FileKeys
from provisioning.device.this_machine import ThisMachine


def enroll_box(
    folder: Path, code: str, address: str, tell: Callable[[Step], None] = lambda _: None, *, again: bool = False
) -> Enrolled:
    """One whole enrolment of the box in `folder`."""
    around = ThisMachine(FileKeys, units.NoUnits())
    return enrollment.enroll(BoxFolder(path=folder), Order(code=code, address=address, again=again), around, tell)


def main(folder: str, code: str, address: str, last: str) -> None:
    """The program: dies as in a power cut right after the step `last`."""

    def tell(step: Step) -> None:
        if step == last:
            os.kill(os.getpid(), signal.SIGKILL)

    enroll_box(Path(folder), code, address, tell)


if __name__ == "__main__":
    main(*sys.argv[1:])
