"""Where frames come from: a device, a network stream, a video or a picture file. Blocking, for one reader thread.

Not here: freshness, reconnecting, threads (`edge.faces.opencv_camera`).
"""

import re
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import cv2
import numpy as np

from edge.faces.camera import CameraSourceError, Picture
from edge.faces.pictures import decode_picture

_STREAM = re.compile(r"(https?|rtsps?)://.+")
_DEVICE = re.compile(r"/dev/.+|[0-9]{1,2}")
_STILL_FRAMES_PER_SECOND = 12.0


class FrameSource(Protocol):
    """Frames one after the other. `open` after `close` begins anew."""

    @property
    def backlog_below_ms(self) -> int:
        """A `grab` that took less than this came out of a queue and shows the past; 0 when there is no queue."""

    def open(self) -> bool:
        """Whether frames can be had now."""

    def grab(self) -> bool:
        """Waits for the next frame; False when there will be none."""

    def retrieve(self) -> Picture | None:
        """Decodes the frame that was grabbed last; None when it cannot be decoded."""

    def close(self) -> None:
        """Lets go of the device."""


def frame_source(text: str) -> FrameSource:
    """The source that a setting names.

    `0` or `/dev/video0` is a device, `http://…` (MJPEG) and `rtsp://…` are streams, anything else is a video or
    picture file. Raises CameraSourceError when the file is not there; a device or stream may appear later.
    """
    if _STREAM.fullmatch(text):
        return CaptureSource(address=text, backlog_below_ms=3)
    if _DEVICE.fullmatch(text):
        return CaptureSource(address=int(text) if text.isdigit() else text, backlog_below_ms=2)
    if not Path(text).is_file():
        raise CameraSourceError("The configured camera is neither a device, a stream address nor a file that exists.")
    if Path(text).suffix.lower() in {".jpg", ".jpeg", ".png"}:
        return StillSource(file=Path(text))
    return VideoFileSource(file=Path(text))


@dataclass(slots=True, kw_only=True)
class _Captured:
    """What OpenCV's capture gives, once a source has opened it."""

    _capture: cv2.VideoCapture | None = None

    def retrieve(self) -> Picture | None:
        """Decodes the frame that was grabbed last."""
        if self._capture is None:
            return None
        found, pixels = self._capture.retrieve()
        return np.asarray(pixels, dtype=np.uint8) if found else None

    def close(self) -> None:
        """Lets go of the device or film."""
        if self._capture is not None:
            self._capture.release()
            self._capture = None


@dataclass(slots=True, kw_only=True)
class CaptureSource(_Captured):
    """A V4L2 device or a network stream through OpenCV."""

    address: int | str
    backlog_below_ms: int

    def open(self) -> bool:
        """Opens the device or stream, waiting at most three seconds for a stream."""
        timeouts = [cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, 3000, cv2.CAP_PROP_READ_TIMEOUT_MSEC, 3000]
        if isinstance(self.address, str) and _STREAM.fullmatch(self.address):
            self._capture = cv2.VideoCapture(self.address, cv2.CAP_FFMPEG, timeouts)
        else:
            self._capture = cv2.VideoCapture(self.address, cv2.CAP_V4L2)
            self._capture.set(cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*"MJPG"))
            self._capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)
        return self._capture.isOpened()

    def grab(self) -> bool:
        """Waits for the next frame."""
        return self._capture is not None and self._capture.grab()


@dataclass(slots=True, kw_only=True)
class VideoFileSource(_Captured):
    """A recorded film at its own pace, from the start again when it ends."""

    file: Path
    backlog_below_ms: int = 0
    _pace: threading.Event = field(default_factory=threading.Event)

    def open(self) -> bool:
        """Opens the film at its first frame."""
        self._capture = cv2.VideoCapture(str(self.file))
        return self._capture.isOpened()

    def grab(self) -> bool:
        """Waits until the next frame's turn."""
        if self._capture is None:
            return False
        per_second = self._capture.get(cv2.CAP_PROP_FPS)
        self._pace.wait(1 / per_second if 1 <= per_second <= 60 else 1 / _STILL_FRAMES_PER_SECOND)
        if self._capture.grab():
            return True
        self._capture.set(cv2.CAP_PROP_POS_FRAMES, 0)
        return self._capture.grab()


@dataclass(slots=True, kw_only=True)
class StillSource:
    """A picture file, shown again and again."""

    file: Path
    backlog_below_ms: int = 0
    _picture: Picture | None = None
    _pace: threading.Event = field(default_factory=threading.Event)

    def open(self) -> bool:
        """Reads the picture."""
        self._picture = decode_picture(self.file.read_bytes())
        return self._picture is not None

    def grab(self) -> bool:
        """Waits for a twelfth of a second."""
        self._pace.wait(1 / _STILL_FRAMES_PER_SECOND)
        return self._picture is not None

    def retrieve(self) -> Picture | None:
        """The picture."""
        return self._picture

    def close(self) -> None:
        """Forgets the picture."""
        self._picture = None
