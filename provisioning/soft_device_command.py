"""`python -m provisioning soft-device NAME`: one device of a classroom in software, until it is stopped.

Not here: the devices (`provisioning.rehearsal.soft_room`).
"""

from typing import TYPE_CHECKING

from provisioning.rehearsal.soft_room.catalogue import SOFT_DEVICES

if TYPE_CHECKING:
    import argparse
    from argparse import _SubParsersAction


def add_parser(subparsers: "_SubParsersAction[argparse.ArgumentParser]") -> None:
    """Adds `soft-device`; the parsed arguments carry `func`, which takes them and gives the exit status."""
    parser = subparsers.add_parser("soft-device", help="a display, projector or board in software")
    names = parser.add_subparsers(required=True, metavar="NAME")
    for name, row in SOFT_DEVICES.items():
        device = names.add_parser(name, help=row.title, description=row.title)
        row.add_arguments(device)
        device.set_defaults(func=row.run)
