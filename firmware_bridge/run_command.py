"""`run`: the bridge of a box, until it is told to end."""

import argparse
import gc
import logging
import queue
import signal
from pathlib import Path
from typing import Any, Final

from firmware_bridge.settings import read_settings, settings_of_box
from firmware_bridge.terminal import say
from firmware_bridge.wiring import build_bridge

_COLLECT_SECONDS: Final = 10.0
"""Readings are many small objects without cycles: looking through them at Python's usual rate doubled the work. The few
cycles there are (of paho, with payloads in them) are collected so often."""


def add_parsers(commands: Any) -> None:
    """`commands`: argparse's subparsers."""
    run = commands.add_parser("run", help="run the bridge: follow the room's plan, speak on the room's broker")
    where = run.add_mutually_exclusive_group(required=True)
    where.add_argument("--settings", type=Path, help="the bridge's settings file (TOML)")
    where.add_argument("--box", type=Path, help="the folder of an enrolled box, with its bridge.toml if there is one")
    run.set_defaults(func=_run)


def _run(arguments: argparse.Namespace) -> int:
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    settings = settings_of_box(arguments.box) if arguments.box else read_settings(arguments.settings)
    ends: queue.SimpleQueue[int] = queue.SimpleQueue()
    bridge = build_bridge(settings, lambda: ends.put(2))
    gc.freeze()
    gc.disable()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: ends.put(0))
    bridge.start()
    say("The bridge runs.")
    status = _wait_for(ends)
    bridge.stop()
    return status


def _wait_for(ends: "queue.SimpleQueue[int]") -> int:
    while True:
        try:
            return ends.get(timeout=_COLLECT_SECONDS)
        except queue.Empty:
            gc.collect()
