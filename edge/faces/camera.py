"""The camera as the desk needs it: a picture of what is in front of it now, or word that there is none.

Not here: which device it is (`edge.faces.opencv_camera`), and what is in the picture.
"""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from models.errors import ClassroomError

Picture = NDArray[np.uint8]
"""Height x width x 3, blue-green-red, 0-255."""


class CameraError(ClassroomError):
    """Something about the camera that staff must put right."""


class CameraSourceError(CameraError):
    """The configured camera can never work: the file is not there, or the address is not understood."""


class CameraNotStartedError(CameraError):
    """A picture was asked of a camera that nobody started."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """One live picture. `taken_ms`: it was taken no earlier than this instant of `Clock.monotonic_ms`."""

    pixels: Picture
    taken_ms: int


class Camera(Protocol):
    """A source of live pictures. Any thread may ask."""

    def start(self) -> None:
        """Begins to watch. Raises CameraSourceError; an absent device is no error, its frames are None."""

    def stop(self) -> None:
        """Lets go of the device."""

    def frame(self, newer_than_ms: int | None = None) -> Frame | None:
        """A frame that was taken after the given instant (None: after this call), waiting for it about a second.

        None: the camera gives nothing now. Raises CameraNotStartedError. Never an older frame.
        """
