"""A portrait without a face: a drawn shape in the size of a chip's picture, for cards whose face does not matter."""

import io

from PIL import Image, ImageDraw

_SIZE = (240, 320)
_GRAIN = 10


def silhouette(shade: int = 90, form: str = "JPEG") -> bytes:
    """Head and shoulders in a shade of grey (0-255), `form` JPEG or JPEG2000; its grain makes a photograph's size."""
    picture = Image.effect_noise(_SIZE, _GRAIN).convert("RGB").point(lambda level: min(255, level + 70))
    pen = ImageDraw.Draw(picture, "RGBA")
    for outline in ((75, 60, 165, 190), (25, 205, 215, 420)):
        pen.ellipse(outline, fill=(shade, shade, shade, 200))
    file = io.BytesIO()
    if form == "JPEG2000":
        picture.save(file, form, quality_mode="rates", quality_layers=[20])
    else:
        picture.save(file, form)
    return file.getvalue()
