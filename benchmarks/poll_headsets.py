"""Forty headsets in a charging cart, one of them dead and one slow: how long a round takes, and what it costs.

    python -m benchmarks.poll_headsets [--count 40] [--rounds 5]

The headsets are `python -m provisioning soft-device headset` in a process of its own: real handshakes with real RSA
signatures over TCP of this machine (no USB). Each round is one of the bridge's cart: who comes is read, all side by
side, eight commands each. Prints wall time until all healthy ones were told, and this process's processor time beside
the bar of 3 s. Ends with status 1 when it is missed, when a healthy headset was not read, or when a wrong key got in.
"""

import argparse
import logging
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from firmware_bridge.cart.adb_headset_link import AdbHeadsetLink
from firmware_bridge.cart.charging_cart import CartParts, ChargingCart
from firmware_bridge.cart.docks import LocalDock
from firmware_bridge.cart.headset_key import HeadsetKey, box_key
from firmware_bridge.drivers.driver import Said
from models.clock import SystemClock
from models.equipment import EquipmentKind
from models.room_messages import Reach
from models.room_plan import CartLink, PlannedDevice

BAR_SECONDS: Final = 3.0
CEILING_SECONDS: Final = 30.0
DEAD, SLOW = 7, 23


def main() -> int:
    """Run the rounds and print them."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--count", type=int, default=40)
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    logging.disable(logging.WARNING)
    count = arguments.count
    with tempfile.TemporaryDirectory() as folder:
        key, other = box_key(Path(folder, "key.pem")), box_key(Path(folder, "other.pem"))
        accepted = Path(folder, "key.pub")
        accepted.write_bytes(key.public)
        with _headsets(count, accepted, ()) as ports:
            well = [_round(ports, key, count) for _ in range(arguments.rounds)]
            strange = _round(ports, other, 0)
        with _headsets(count, accepted, (f"{DEAD}:dead", f"{SLOW}:slow")) as ports:
            ill = [_round(ports, key, count - 2) for _ in range(arguments.rounds)]
    kept = [
        _tell(f"{count} healthy", well, count),
        _tell(f"{count}, one dead, one slow: the others", ill, count - 2),
    ]
    print(f"with a wrong key: {strange[2]} of {count} read (bar 0)")
    return 0 if all(kept) and strange[2] == 0 else 1


def _tell(what: str, rounds: list[tuple[float, float, int]], wanted: int) -> bool:
    walls, costs = [one[0] for one in rounds], [one[1] for one in rounds]
    read = min(one[2] for one in rounds)
    print(
        f"{what}: median {statistics.median(walls):.2f} s, longest {max(walls):.2f} s (bar {BAR_SECONDS:.0f} s), "
        f"processor {statistics.median(costs):.2f} s; read {read} of {wanted}"
    )
    return max(walls) <= BAR_SECONDS and read >= wanted


def _round(ports: Mapping[str, int], key: HeadsetKey, wanted: int) -> tuple[float, float, int]:
    """Seconds until `wanted` headsets were read (0: until all that are well have answered), processor seconds, read."""
    dock, clock = LocalDock(ports), SystemClock()
    well, answered, done = set[str](), set[str](), threading.Event()

    def hear(said: Said) -> None:
        answered.add(said.device_id)
        if said.state is not None and said.state.reach is Reach.OK:
            well.add(said.device_id)
        if len(well) >= wanted > 0 or len(answered) == len(ports):
            done.set()

    cart = ChargingCart(
        CartParts(
            docked=dock.docked,
            link_to=lambda docked, may_offer: AdbHeadsetLink(dock.cable(docked), key, may_offer),
            tell=hear,
            clock=clock,
        )
    )
    cart.follow(
        PlannedDevice(device_id=f"dev-{serial}", kind=EquipmentKind.VR_HEADSET, link=CartLink(serial=serial))
        for serial in ports
    )
    wall, processor = time.monotonic(), time.process_time()
    cart.look()
    done.wait(CEILING_SECONDS)
    result = (time.monotonic() - wall, time.process_time() - processor, len(well))
    cart.stop()
    return result


@contextmanager
def _headsets(count: int, accepted: Path, faults: tuple[str, ...]) -> Iterator[dict[str, int]]:
    words = ["soft-device", "headset", "--count", str(count), "--accept-key", str(accepted)]
    words += [word for fault in faults for word in ("--fault", fault)]
    with subprocess.Popen([sys.executable, "-m", "provisioning", *words], stdout=subprocess.PIPE, text=True) as program:
        assert program.stdout is not None  # noqa: S101 - a pipe was asked for
        pairs = (pair.partition("=") for pair in program.stdout.readline().split())
        try:
            yield {serial: int(port) for serial, _, port in pairs}
        finally:
            program.terminate()


if __name__ == "__main__":
    sys.exit(main())
