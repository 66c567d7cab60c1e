"""A charging cart full of headsets in software, as a program and for tests: each at a TCP port of this machine.

The first line that the program prints names the ports. Not here: what a headset says (`soft_headset`, `headset_shell`).
"""

import argparse
import asyncio
import signal
import sys
import threading
from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path

from models.errors import SettingsError
from provisioning.rehearsal.soft_room.headset_shell import HeadsetShell
from provisioning.rehearsal.soft_room.soft_headset import HeadsetFault, SoftHeadset, accepted_key

SERIAL = "1WMHHV{:07}"


class SoftCart:
    """Serves headsets on a thread of its own."""

    def __init__(self, headsets: Sequence[SoftHeadset]) -> None:
        self.headsets = tuple(headsets)
        self.ports: tuple[int, ...] = ()
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._end = asyncio.Event()
        self._trouble = ""
        self._thread = threading.Thread(target=self._run, name="soft cart", daemon=True)
        self._first_port = 0

    def start(self, first_port: int = 0) -> None:
        """At so many ports from this one on (0: any). Raises SettingsError when one is taken."""
        self._first_port = first_port
        self._thread.start()
        self._ready.wait()
        if self._trouble:
            self._thread.join()
            raise SettingsError(f"The headsets cannot stand there: {self._trouble}. Choose other ports with --port.")

    def stop(self) -> None:
        """Empties the cart."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._end.set)
            self._thread.join()

    def _run(self) -> None:
        try:
            self._loop.run_until_complete(self._serve())
        finally:
            self._loop.close()
            self._ready.set()

    async def _serve(self) -> None:
        async with AsyncExitStack() as ending:
            ports = []
            for number, headset in enumerate(self.headsets):
                wanted = self._first_port + number if self._first_port else 0
                try:
                    server = await asyncio.start_server(headset.serve, "127.0.0.1", wanted)
                except OSError as error:
                    self._trouble = str(error.strerror)
                    return
                ending.callback(server.close)
                ports.append(int(server.sockets[0].getsockname()[1]))
            self.ports = tuple(ports)
            self._ready.set()
            await self._end.wait()
        talking = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in talking:
            task.cancel()
        await asyncio.gather(*talking, return_exceptions=True)
        await asyncio.sleep(0)  # the closed connections leave the loop


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of a cart."""
    parser.add_argument("--count", type=int, default=1, help="how many headsets, default 1")
    parser.add_argument("--port", type=int, default=0, help="of the first; the others follow. Default: any")
    parser.add_argument("--serial", action="append", default=[], help=f"may be given --count times; {SERIAL.format(1)}")
    parser.add_argument("--accept-key", type=Path, action="append", default=[], metavar="FILE.pub", help="of adb")
    parser.add_argument("--wearer-agrees", action="store_true", help="an offered key is accepted")
    parser.add_argument(
        "--fault", action="append", default=[], metavar="N:FAULT", help=f"headset N (from 1): {', '.join(HeadsetFault)}"
    )


def run(arguments: argparse.Namespace) -> int:
    """Serves the cart until it is told to stop."""
    cart = SoftCart(headsets_of(arguments))
    cart.start(arguments.port)
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda _number, _frame: stop.set())
    ports = " ".join(f"{one.shell.serial}={port}" for one, port in zip(cart.headsets, cart.ports, strict=True))
    sys.stdout.write(f"{ports}\n")
    sys.stdout.flush()
    stop.wait()
    cart.stop()
    return 0


def headsets_of(arguments: argparse.Namespace) -> list[SoftHeadset]:
    """The headsets of these options. Raises SettingsError."""
    keys = {accepted_key(_content(path)) for path in arguments.accept_key}
    faults = dict(_fault(word) for word in arguments.fault)
    serials = [
        *arguments.serial,
        *(SERIAL.format(number) for number in range(len(arguments.serial) + 1, arguments.count + 1)),
    ]
    return [
        SoftHeadset(
            HeadsetShell(serial=serial, level=30 + 7 * number % 70),
            set(keys),
            faults.get(number, HeadsetFault.NONE),
            wearer_agrees=arguments.wearer_agrees,
        )
        for number, serial in enumerate(serials[: arguments.count], start=1)
    ]


def _fault(word: str) -> tuple[int, HeadsetFault]:
    number, _, fault = word.partition(":")
    try:
        return int(number), HeadsetFault(fault)
    except ValueError:
        raise SettingsError(f"--fault {word}: write N:FAULT, FAULT one of {', '.join(HeadsetFault)}.") from None


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        raise SettingsError(f"The key {path} cannot be read.") from None
