"""A box's updater that ends with kill -9 just before its n-th change of the disk (rename, link, folder, program).

`python killed_updater.py DEED BOX STICK INSTANT NUMBER`; exit status 0 when it came to its end before that.
"""

import os
import signal
import sys
from datetime import datetime
from pathlib import Path

from provisioning.updates import follow

CHANGES = frozenset(
    ("os.rename", "os.symlink", "os.mkdir", "os.remove", "os.rmdir", "shutil.rmtree", "subprocess.Popen")
)
WRITING = os.O_WRONLY | os.O_RDWR


def main() -> None:
    deed, box, stick, instant, number = sys.argv[1:]
    left = int(number)

    def count(event: str, arguments: tuple[object, ...]) -> None:
        nonlocal left
        inside = event == "open" and isinstance(arguments[0], str) and arguments[0].startswith(box)
        opened_to_write = inside and isinstance(arguments[2], int) and arguments[2] & WRITING
        if event in CHANGES or opened_to_write:
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.dont_write_bytecode = True
    sys.addaudithook(count)
    match deed:
        case "take":
            follow.take_from_stick(Path(box), Path(stick), datetime.fromisoformat(instant))
        case "start":
            follow.note_start(Path(box))
        case "confirm":
            follow.confirm(Path(box))


if __name__ == "__main__":
    main()
