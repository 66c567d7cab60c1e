"""`python -m edge check-devices`: says which card readers and which camera this machine has, for preflight.

No card is read and no picture is kept. Exit status: 0 said what is there. Not here: what staff should do about it
(`provisioning.device.preflight`).
"""

import argparse
import sys

import msgspec

from edge.cards.card_reader import CardReadError
from edge.cards.pcsc_card_reader import PcscReaders, PcscSettings
from edge.faces.camera import CameraSourceError
from edge.faces.frame_sources import frame_source
from edge.settings import CameraSettings, ReaderSettings


class DevicesFound(msgspec.Struct, frozen=True, kw_only=True):
    """`readers` may be used; `refused` maps other attached readers to the reason. `camera` gave a picture just now."""

    readers: tuple[str, ...]
    refused: dict[str, str]
    card_service: bool
    camera: bool


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command to `python -m edge`; `func` takes the parsed arguments and gives the exit status."""
    parser = subparsers.add_parser("check-devices", help="say which readers and which camera are attached")
    parser.add_argument("--camera", default=CameraSettings().source, metavar="SOURCE", help="device, file or stream")
    parser.add_argument("--rehearsal", action="store_true", help="admit virtual readers")
    parser.add_argument("--json", action="store_true", help="answer in JSON")
    parser.set_defaults(func=run)


def run(args: argparse.Namespace) -> int:
    """Print what was found."""
    found = look(args.camera, rehearsal=args.rehearsal)
    sys.stdout.write(msgspec.json.encode(found).decode() + "\n" if args.json else _as_text(found))
    return 0


def look(camera: str, *, rehearsal: bool) -> DevicesFound:
    """What is attached now. `rehearsal` admits virtual readers."""
    readers = PcscReaders(PcscSettings(allowed_models=ReaderSettings().allowed, rehearsal=rehearsal))
    try:
        names, card_service = tuple(state.name for state in readers.wait(0)), True
    except CardReadError:
        names, card_service = (), False
    return DevicesFound(readers=names, refused=readers.refused, card_service=card_service, camera=_shows(camera))


def _shows(camera: str) -> bool:
    try:
        source = frame_source(camera)
    except CameraSourceError:
        return False
    try:
        return source.open() and source.grab() and source.retrieve() is not None
    finally:
        source.close()


def _as_text(found: DevicesFound) -> str:
    lines = [f"reader   {name}" for name in found.readers]
    lines += [f"refused  {name}: {reason}" for name, reason in found.refused.items()]
    lines += [] if found.card_service else ["The card reader service (pcscd) does not answer."]
    lines += ["camera   gives pictures" if found.camera else "camera   gives no picture"]
    return "\n".join(lines) + "\n"
