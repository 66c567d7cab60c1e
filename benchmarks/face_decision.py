"""CPU time of a face decision, and frames per CPU second, beside the goals.

`python -m benchmarks.face_decision` uses the faces that a rehearsal installed (or `--faces DIR`). One thread, process
CPU time, wait for the camera left out. With dlib and its weights installed, the plain face-recognition loop (find and
describe every frame) runs on the same frames as the peer. Not here: wall time at the desk
(`benchmarks.tap_to_verdict`).
"""

import argparse
import io
import os
import statistics
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from edge.faces.camera import Frame, Picture
from edge.faces.dlib_face_matcher import DlibFaceMatcher, DlibMissingError, load_dlib_face_matcher
from edge.faces.frame_quality import UsableFace, assess_frame
from edge.faces.portrait_comparison import PortraitComparison
from edge.faces.sface_matcher import SfaceMatcher, load_sface_matcher
from models.clock import SystemClock
from models.errors import ClassroomError
from models.evidence import FaceDecision
from models.face_profile import shipped_face_profile
from models.face_weights import WEIGHTS_DIRECTORY, WeightsError, load_face_weights
from provisioning.rehearsal.demo_faces import DemoFace, demo_portraits
from provisioning.rehearsal.live_scenes import compose_scene, vary

_DECISION_GOAL_MS = 150.0
_PEER_GOAL = 24.0
_ROUNDS = 40
_CLIP_FRAMES = 40
_RUNS = Path(__file__).resolve().parent.parent / "var"


class _PreparedCamera:
    """Hands out prepared frames without waiting, 33 ms apart by their stamps."""

    def __init__(self, pictures: list[Picture]) -> None:
        self._pictures = pictures
        self._asked = 0

    def start(self) -> None:
        """Nothing to open."""

    def stop(self) -> None:
        """Nothing to close."""

    def frame(self, newer_than_ms: int | None = None) -> Frame | None:
        """The next picture."""
        self._asked += 1
        taken_ms = 33 if newer_than_ms is None else newer_than_ms + 33
        return Frame(pixels=self._pictures[self._asked % len(self._pictures)], taken_ms=taken_ms)


def main() -> int:
    """Prints the figures; exit status 2 when weights or faces are not installed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.face_decision", description=__doc__)
    parser.add_argument("--faces", type=Path, help="where the rehearsal's faces were installed")
    args = parser.parse_args()
    cv2.setNumThreads(1)
    try:
        faces = demo_portraits(args.faces or _installed_faces())
        matcher = load_sface_matcher(load_face_weights(WEIGHTS_DIRECTORY))
    except ClassroomError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    clips = {name: _clip(face) for name, face in faces.items()}
    spent_ms = _decisions_ms(faces, clips, matcher)
    decision_ms = statistics.median(spent_ms)
    ours = _frames_per_cpu_second(clips, lambda clip: _watch_clip(clip, matcher))
    goal = f"goal <= {_DECISION_GOAL_MS:.0f} ms; load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"
    print(f"first usable frame to decision, CPU: median {decision_ms:.0f} ms, best {min(spent_ms):.0f} ms ({goal})")
    print(f"desk clips, 640x480: {ours:.0f} frames per CPU second, every frame searched and gated, 3 described")
    try:
        dlib_matcher = load_dlib_face_matcher(matcher, WEIGHTS_DIRECTORY)
    except (DlibMissingError, WeightsError):
        print("the plain loop as a peer: not run, dlib's weights are not installed (install-weights --dlib)")
        return 0
    plain = _frames_per_cpu_second(clips, _plain_loop(dlib_matcher))
    print(f"the plain face-recognition loop: {plain:.1f}; ours {ours / plain:.0f} times (goal >= {_PEER_GOAL:.0f})")
    return 0


def _installed_faces() -> Path:
    found = sorted(_RUNS.rglob("an/portrait.jpg"))
    return found[0].parent.parent if found else _RUNS


def _clip(face: DemoFace) -> list[Picture]:
    scene, chance = compose_scene([face.live_picture()]), np.random.default_rng(3)
    return [vary(scene, chance)[:, :, ::-1].copy() for _ in range(_CLIP_FRAMES)]


def _as_jpeg_2000(jpeg: bytes) -> bytes:
    """A chip portrait as cards hold it: JPEG 2000 of about 15 kB."""
    written = io.BytesIO()
    with Image.open(io.BytesIO(jpeg)) as picture:
        picture.save(written, "JPEG2000", quality_mode="rates", quality_layers=[15])
    return written.getvalue()


def _decisions_ms(faces: dict[str, DemoFace], clips: dict[str, list[Picture]], matcher: SfaceMatcher) -> list[float]:
    profile, clock = shipped_face_profile("sface"), SystemClock()
    spent = []
    for round_number in range(_ROUNDS):
        name = list(faces)[round_number % len(faces)]
        portrait = _as_jpeg_2000(faces[name].portrait_jpeg())
        camera = _PreparedCamera(clips[name])
        comparison = PortraitComparison(camera=camera, matcher=matcher, profile=profile, clock=clock)
        began = time.process_time()
        measured = comparison.compare(portrait, lambda _: None, threading.Event())
        spent.append((time.process_time() - began) * 1000)
        if measured.evidence.decision is not FaceDecision.MATCH:
            raise SystemExit("a rehearsal face did not match its own portrait; the figure would mean nothing")
    return spent


def _watch_clip(clip: list[Picture], matcher: SfaceMatcher) -> None:
    """What the desk does with a clip: every frame searched and gated, the three sharpest faces described."""
    gates = shipped_face_profile("sface").gates
    assessed = [(picture, assess_frame(picture, matcher, gates)) for picture in clip]
    usable = [(picture, found) for picture, found in assessed if isinstance(found, UsableFace)]
    for picture, found in sorted(usable, key=lambda pair: -pair[1].sharpness)[:3]:
        matcher.embed(picture, found.face)


def _plain_loop(matcher: DlibFaceMatcher) -> Callable[[list[Picture]], None]:
    """Find with HOG (upsampled once) and describe, every frame."""
    import dlib  # noqa: PLC0415 - an optional extra, present when its matcher was loaded

    finder = dlib.get_frontal_face_detector()

    def watch(clip: list[Picture]) -> None:
        for picture in clip:
            colours = np.ascontiguousarray(picture[:, :, ::-1])
            for box in finder(colours, 1):
                matcher.network.compute_face_descriptor(colours, matcher.points(colours, box))

    return watch


def _frames_per_cpu_second(clips: dict[str, list[Picture]], watch: Callable[[list[Picture]], None]) -> float:
    began = time.process_time()
    for clip in clips.values():
        watch(clip)
    return sum(len(clip) for clip in clips.values()) / (time.process_time() - began)


if __name__ == "__main__":
    raise SystemExit(main())
