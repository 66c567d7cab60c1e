"""Roster pictures: found by candidate or citizen number, made small, kept in memory only."""

import io
from collections.abc import Mapping
from typing import Final

import msgspec
from PIL import Image, ImageOps, UnidentifiedImageError

from models.exams import Candidate

MOST_FILE_BYTES: Final = 20_000_000
MOST_PIXELS: Final = 40_000_000
_SIZE: Final = (240, 320)
_JPEG_QUALITY: Final = 78


class PhotoReport(msgspec.Struct, frozen=True, kw_only=True):
    """What became of the pictures. Counts only: the file names are personal numbers."""

    matched: int
    unknown: int
    unreadable: int


def add_photos(candidates: list[Candidate], pictures: Mapping[str, bytes]) -> tuple[list[Candidate], PhotoReport]:
    """Give each candidate the picture that bears its number. `pictures` maps file stems to file contents."""
    by_number: dict[str, bytes] = {}
    unreadable = 0
    wanted = {name for candidate in candidates for name in (candidate.candidate_number, candidate.citizen_id)}
    for stem, content in pictures.items():
        if stem not in wanted:
            continue
        small = small_jpeg(content)
        if small is None:
            unreadable += 1
        else:
            by_number[stem] = small
    with_photos = [
        msgspec.structs.replace(
            candidate, photo=by_number.get(candidate.candidate_number) or by_number.get(candidate.citizen_id)
        )
        for candidate in candidates
    ]
    matched = sum(candidate.photo is not None for candidate in with_photos)
    unknown = len(set(pictures) - wanted)
    return with_photos, PhotoReport(matched=matched, unknown=unknown, unreadable=unreadable)


def small_jpeg(content: bytes) -> bytes | None:
    """The picture upright within 240 x 320 pixels as JPEG without its metadata; None when it is no JPEG or PNG."""
    if len(content) > MOST_FILE_BYTES:
        return None
    try:
        with Image.open(io.BytesIO(content), formats=("JPEG", "PNG")) as picture:
            if picture.width * picture.height > MOST_PIXELS:
                return None
            upright = ImageOps.exif_transpose(picture).convert("RGB")
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return None
    upright.thumbnail(_SIZE)
    packed = io.BytesIO()
    upright.save(packed, format="JPEG", quality=_JPEG_QUALITY, optimize=True)
    return packed.getvalue()
