"""A program that commits events and says so: `python -m tests.fakes.outbox_worker FILE FIRST_NUMBER [COUNT]`.

After each commit returned, its number goes to standard output, unbuffered. A test may kill it at any moment.
"""

import os
import sys
from pathlib import Path

from edge.outbox import Outbox, OutboxError
from models.clock import SystemClock
from models.identifiers import BoxId
from tests.builders.events import BOX_KEY, happening


def main() -> None:
    path, first = Path(sys.argv[1]), int(sys.argv[2])
    last = first + int(sys.argv[3]) if len(sys.argv) > 3 else sys.maxsize
    outbox = Outbox(path, BoxId("box-101"), BOX_KEY, SystemClock())
    outbox.start()
    number = first
    while number < last:
        try:
            outbox.commit(happening(number))
        except OutboxError:
            os.write(1, f"! {number}\n".encode())
        else:
            os.write(1, f"{number}\n".encode())
        number += 1
    outbox.stop()


if __name__ == "__main__":
    main()
