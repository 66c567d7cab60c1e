"""A program that stores telemetry and says so: `python -m tests.fakes.telemetry_worker FILE FIRST_NUMBER`.

After each commit returned, its numbers go to standard output, unbuffered. A test may kill it at any moment.
"""

import os
import sys
from pathlib import Path

from edge.telemetry_store import TelemetryStore
from models.clock import SystemClock
from tests.builders.telemetry_rows import minute, word


def main() -> None:
    path, number = Path(sys.argv[1]), int(sys.argv[2])
    store = TelemetryStore(path, SystemClock())
    store.start()
    while True:
        batch = range(number, number + 1 + number % 40)
        store.add([minute(one) if one % 2 else word(one) for one in batch])
        store.flush()
        os.write(1, f"{batch.start} {batch.stop}\n".encode())
        number = batch.stop
        if number % 7 == 0:
            store.number_next(0, 10, 10, 10**6)


if __name__ == "__main__":
    main()
