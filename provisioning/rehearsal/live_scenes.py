"""What a rehearsal camera sees: people before a plain wall, never the same picture twice.

Pictures are 640x480 RGB. A strip along the lower edge says that this is a rehearsal. Not here: serving them
(`soft_camera`).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

WIDTH, HEIGHT = 640, 480
MARGIN = 12
_WALL_TOP, _WALL_BOTTOM = (196, 202, 206), (150, 156, 160)
_STRIP_HEIGHT = 30
_STRIP_WORDS = "DIỄN TẬP / REHEARSAL"
_STRIP_WORDS_PLAIN = "REHEARSAL"
_VIETNAMESE_FONTS = ("DejaVuSans-Bold.ttf", "LiberationSans-Bold.ttf")
_NOISE = 3.0

Pixels = NDArray[np.uint8]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """A picture somewhat larger than the camera's, so that the view can sway, and noise to lay over it."""

    canvas: NDArray[np.int16]
    noise: NDArray[np.int16]
    strip: Pixels


def compose_scene(people: Sequence[Image.Image]) -> Scene:
    """The wall with nobody, one or several people, side by side. Pictures are square, the face in their middle."""
    width, height = WIDTH + 2 * MARGIN, HEIGHT + 2 * MARGIN
    canvas = _wall(width, height)
    side = height if len(people) < 2 else width // len(people)
    for place, person in enumerate(people):
        centre = width * (2 * place + 1) // (2 * len(people))
        picture = person.convert("RGB").resize((side, side), Image.Resampling.LANCZOS)
        canvas.paste(picture, (centre - side // 2, height - side), _soft_edge(side))
    chance = np.random.default_rng(11)
    noise = chance.normal(0.0, _NOISE, (height, width, 1)).astype(np.int16)
    return Scene(canvas=np.asarray(canvas, dtype=np.int16), noise=noise, strip=_strip())


def vary(scene: Scene, chance: np.random.Generator) -> Pixels:
    """One frame of the scene: swayed by some pixels, a little lighter or darker, with noise; 480x640x3."""
    down, across, noise_down, noise_across = chance.integers(0, 2 * MARGIN, 4)
    light = int(chance.integers(-4, 5))
    view = scene.canvas[down : down + HEIGHT, across : across + WIDTH]
    grain = scene.noise[noise_down : noise_down + HEIGHT, noise_across : noise_across + WIDTH]
    frame: Pixels = np.clip(view + grain + light, 0, 255).astype(np.uint8)
    frame[-_STRIP_HEIGHT:] = scene.strip
    return frame


def _wall(width: int, height: int) -> Image.Image:
    rows = np.linspace(_WALL_TOP, _WALL_BOTTOM, height)
    return Image.fromarray(np.repeat(rows[:, None], width, axis=1).astype(np.uint8))


def _soft_edge(side: int) -> Image.Image:
    """A mask that fades a square picture into the wall to its left and right."""
    fade = max(1, side // 8)
    ramp = np.minimum(np.arange(side), np.arange(side)[::-1]) / fade
    return Image.fromarray(np.tile(np.clip(ramp, 0, 1) * 255, (side, 1)).astype(np.uint8))


def _strip() -> Pixels:
    strip = Image.new("RGB", (WIDTH, _STRIP_HEIGHT), (122, 62, 0))
    words, font = _strip_lettering()
    ImageDraw.Draw(strip).text((WIDTH // 2, _STRIP_HEIGHT // 2), words, "white", font=font, anchor="mm")
    return np.asarray(strip, dtype=np.uint8)


def _strip_lettering() -> tuple[str, ImageFont.FreeTypeFont | ImageFont.ImageFont]:
    """Pillow's own letters lack the Vietnamese ones, so these need a font of the machine."""
    for name in _VIETNAMESE_FONTS:
        try:
            return _STRIP_WORDS, ImageFont.truetype(name, 18)
        except OSError:
            continue
    return _STRIP_WORDS_PLAIN, ImageFont.load_default(size=18)
