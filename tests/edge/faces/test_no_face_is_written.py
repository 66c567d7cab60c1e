"""During a comparison no file is written: seen by Python's audit hook, and by the kernel for what is below Python."""

import os
import re
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from edge.faces.face_matcher import FaceMatcher
from edge.faces.pictures import LivePreview, decode_picture
from edge.faces.portrait_comparison import PortraitComparison
from edge.faces.sface_matcher import SfaceMatcher
from models.evidence import FaceDecision
from models.face_profile import FaceProfile
from tests.builders.needed_programs import need
from tests.fakes.manual_clock import ManualClock
from tests.fakes.painted_face_matcher import PaintedFaceMatcher, paint, painted_portrait
from tests.fakes.scripted_camera import ScriptedCamera

REPOSITORY = Path(__file__).resolve().parents[3]
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT


class WriteWatch:
    """Notes every file that Python opens for writing while it watches. An audit hook can never be removed."""

    def __init__(self) -> None:
        self.seen: list[str] = []
        self.watching = False
        sys.addaudithook(self._note)

    def _note(self, event: str, arguments: tuple[object, ...]) -> None:
        if self.watching and event == "open":
            path, _, flags = arguments
            if isinstance(flags, int) and flags & _WRITING:
                self.seen.append(str(path))


WATCH = WriteWatch()


def compare_and_preview(
    matcher: FaceMatcher, profile: FaceProfile, portrait: bytes, live: list[object]
) -> FaceDecision:
    clock = ManualClock()
    camera = ScriptedCamera(clock, [np.asarray(picture, np.uint8) for picture in live])
    camera.start()
    comparison = PortraitComparison(camera=camera, matcher=matcher, profile=profile, clock=clock)
    WATCH.seen.clear()
    WATCH.watching = True
    try:
        measured = comparison.compare(portrait, lambda _: None, threading.Event())
        assert measured.snapshot_jpeg is not None
        assert LivePreview(camera, clock).jpeg() is not None
    finally:
        WATCH.watching = False
    return measured.evidence.decision


def test_the_watch_sees_a_file_that_is_written(tmp_path: Path) -> None:
    WATCH.watching = True
    (tmp_path / "face.jpg").write_bytes(b"")
    WATCH.watching = False
    assert WATCH.seen[-1].endswith("face.jpg")


def test_a_comparison_opens_no_file_for_writing(shipped_profile: FaceProfile) -> None:
    decision = compare_and_preview(PaintedFaceMatcher(), shipped_profile, painted_portrait(), [paint()])
    assert decision is FaceDecision.MATCH
    assert WATCH.seen == []


def test_a_comparison_with_the_real_matcher_opens_no_file_for_writing(
    sface_matcher: SfaceMatcher, shipped_profile: FaceProfile, face_data_folder: Path
) -> None:
    photograph = (face_data_folder / "london" / "neutral_front" / "001_03.jpg").read_bytes()
    decision = compare_and_preview(sface_matcher, shipped_profile, photograph, [decode_picture(photograph)])
    assert decision is FaceDecision.MATCH
    assert WATCH.seen == []


@pytest.mark.usefixtures("sface_matcher")
def test_the_kernel_sees_no_file_written_either(tmp_path: Path, face_data_folder: Path) -> None:
    """OpenCV opens files below Python; strace sees those too."""
    strace = shutil.which("strace")
    need("strace", strace)
    assert strace is not None
    photograph = str(face_data_folder / "london" / "neutral_front" / "001_03.jpg")
    trace = tmp_path / "trace"
    words = [strace, "-f", "-qq", "-e", "trace=open,openat,creat", "-o", str(trace), sys.executable, "-B", "-m", "edge"]
    words += ["compare-faces", "--reference", photograph, "--probe", photograph]
    outcome = subprocess.run(words, cwd=REPOSITORY, capture_output=True, text=True, check=False, timeout=90)
    if "not permitted" in outcome.stderr:
        pytest.skip("this machine does not let strace look")
    assert outcome.returncode == 0, outcome.stderr
    opened = trace.read_text().splitlines()
    written = [line for line in opened if re.search(r"O_WRONLY|O_RDWR|O_CREAT|creat\(", line) and "= -1" not in line]
    assert [line for line in written if '"/dev/' not in line and '"/proc/' not in line] == []
