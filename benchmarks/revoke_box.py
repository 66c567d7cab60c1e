"""Revokes connected boxes one after another and measures how long each stays on the broker: the bar is 60 s.

    python -m benchmarks.revoke_box --boxes 5

Authority, Mosquitto and keeper are the real programs, the keeper asking every 5 s as in a province. Then as many boxes
at once (`--at-once`). Ends with status 1 when a box stays too long, comes back, or another one is disturbed.
"""

import argparse
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Final

from models.wire.broker_session import Refused
from tests.builders.broker_client import BrokerClient
from tests.builders.enrolling_box import EnrollingBox
from tests.builders.kept_broker import KeptBrokerHouse, kept_broker

BAR_SECONDS: Final = 60.0


def main() -> int:
    """0 when every bar is met."""
    parser = argparse.ArgumentParser(description="Revoke connected boxes and measure until they are off.")
    parser.add_argument("--boxes", type=int, default=5, help="revoked one after another")
    parser.add_argument("--at-once", type=int, default=20, help="then so many together")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, kept_broker(Path(folder)) as house:
        boxes = house.enroll(arguments.boxes + arguments.at_once + 1)
        clients = [house.connect(box).wait_until_in() for box in boxes]
        bystander = clients[-1]
        single, together = boxes[: arguments.boxes], boxes[arguments.boxes : -1]
        seconds = [_revoke(house, [box], [client])[0] for box, client in zip(single, clients, strict=False)]
        good = _report("one by one", seconds)
        seconds = _revoke(house, together, clients[arguments.boxes : -1])
        good = _report(f"{len(together)} at once", seconds) and good
        returned = sum(not isinstance(client.next_state(), Refused) for client in clients[:-1])
        disturbed = not bystander.states.empty()
        print(f"came back: {returned} of {len(clients) - 1}; another box disturbed: {'yes' if disturbed else 'no'}")
        for client in clients:
            client.session.stop()
    return 0 if good and not returned and not disturbed else 1


def _revoke(house: KeptBrokerHouse, boxes: list[EnrollingBox], clients: list[BrokerClient]) -> list[float]:
    begun = time.monotonic()
    for box in boxes:
        house.revoke(box)
    seconds = []
    for client in clients:
        client.seconds_until_out(2 * BAR_SECONDS)
        seconds.append(time.monotonic() - begun)
    return seconds


def _report(title: str, seconds: list[float]) -> bool:
    if not seconds:
        return True
    print(
        f"{title}: {len(seconds)} boxes, seconds until off the broker: median {statistics.median(seconds):.1f}, "
        f"longest {max(seconds):.1f} (bar {BAR_SECONDS:.0f})"
    )
    return max(seconds) <= BAR_SECONDS


if __name__ == "__main__":
    sys.exit(main())
