"""Drawn faces for the candidates whom nobody plays, so that a rehearsal's roster has no empty pictures.

They are drawings: a matcher finds no person in them who exists. Not here: photographs (`demo_faces`).
"""

import io
import random

from PIL import Image, ImageDraw

_WIDTH, _HEIGHT = 240, 320
_SKINS = ((241, 205, 172), (228, 184, 148), (205, 156, 116), (176, 124, 88))
_HAIRS = ((28, 24, 22), (46, 34, 28), (62, 46, 36))
_SHIRTS = ((236, 240, 244), (196, 214, 232), (222, 206, 214), (208, 224, 206))


def drawn_portrait(number: int) -> bytes:
    """A JPEG of 240x320 for one candidate; the same number always gives the same drawing."""
    choice = random.Random(number)
    skin, hair, shirt = choice.choice(_SKINS), choice.choice(_HAIRS), choice.choice(_SHIRTS)
    width, height = choice.randint(84, 104), choice.randint(118, 138)
    picture = Image.new("RGB", (_WIDTH, _HEIGHT), (222, 228, 234))
    pen = ImageDraw.Draw(picture)
    middle, chin = _WIDTH // 2, 216
    top = chin - height
    pen.ellipse((20, 244, _WIDTH - 20, 420), fill=shirt)
    pen.rectangle((middle - 22, chin - 20, middle + 22, 262), fill=skin)
    hair_end = chin + choice.choice((-70, -40, 20))
    pen.rounded_rectangle(
        (middle - width // 2 - 10, top - 22, middle + width // 2 + 10, hair_end), radius=50, fill=hair
    )
    pen.ellipse((middle - width // 2, top, middle + width // 2, chin), fill=skin)
    pen.pieslice((middle - width // 2, top - 8, middle + width // 2, top + 70), 180, 360, fill=hair)
    _draw_features(pen, middle, chin, choice)
    written = io.BytesIO()
    picture.save(written, "JPEG", quality=88)
    return written.getvalue()


def _draw_features(pen: ImageDraw.ImageDraw, middle: int, chin: int, choice: random.Random) -> None:
    apart, eye_height = choice.randint(20, 25), chin - choice.randint(66, 74)
    for eye in (middle - apart, middle + apart):
        pen.ellipse((eye - 9, eye_height - 5, eye + 9, eye_height + 5), fill="white")
        pen.ellipse((eye - 4, eye_height - 4, eye + 4, eye_height + 4), fill=(40, 28, 24))
        pen.arc((eye - 13, eye_height - 18, eye + 13, eye_height + 2), 200, 340, fill=(40, 30, 26), width=3)
    pen.arc((middle - 8, chin - 58, middle + 8, chin - 38), 20, 160, fill=(150, 104, 80), width=2)
    smile = choice.randint(14, 22)
    pen.arc((middle - smile, chin - 42, middle + smile, chin - 20), 20, 160, fill=(170, 84, 84), width=3)
