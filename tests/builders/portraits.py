"""Pictures of card size that show nobody."""

import io

from PIL import Image, ImageDraw


def drawn_portrait(form: str = "JPEG") -> bytes:
    """A grey oval, 240 pixels wide and 320 high. `form` is JPEG or JPEG2000."""
    picture = Image.linear_gradient("L").resize((240, 320)).convert("RGB")
    ImageDraw.Draw(picture).ellipse((60, 60, 180, 220), fill=(120, 120, 120))
    file = io.BytesIO()
    picture.save(file, form)
    return file.getvalue()
