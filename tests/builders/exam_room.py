"""A room of 24 with names and seats as awkward as real ones, its pictures (drawn, nobody's) and a box at rest."""

from datetime import date, timedelta
from io import BytesIO

import msgspec
from argon2 import PasswordHasher
from PIL import Image, ImageDraw

from edge.station.room import BoxView
from models.exams import RosterBundle
from models.identifiers import CitizenId
from tests.builders import exams
from tests.builders.exams import SEVEN_O_CLOCK

DOOR_CODE = "K7MP4QXA"
NOW = SEVEN_O_CLOCK + timedelta(minutes=3, seconds=12)

_NAMES = """Nguyễn Văn An|Trần Thị Ánh|Hồ A Páo|Y Byă Niê|Nguyễn Thị Thu Hà|Lê Hoàng Quân|Phạm Gia Huy|Đặng Ngọc Diệp
Hoàng Thị Phương Thảo|Vũ Đức Mạnh|Bùi Khánh Linh|Ngô Quang Đạt|Huỳnh Mỹ Uyên|Dương Tuấn Kiên|Đỗ Bảo Ngân|Lý Thành Long
Giàng Thị Mỷ|Phan Xuân Phúc|Võ Hồng Nhung|H'Hen Niê|Nguyễn Thị Thu Hà|Trần Minh Khang|Lê Thùy Trang
Công Tằng Tôn Nữ Quỳnh
""".replace("\n", "|").strip("|")
_SEATS = tuple(f"{column}{row}" for row in range(1, 7) for column in "ABCD")


def draw_person(*, hair: str, shirt: str, background: str = "#cfd8dc") -> bytes:
    """A drawn face as JPEG; nobody's."""
    image = Image.new("RGB", (360, 450), background)
    pen = ImageDraw.Draw(image)
    pen.ellipse((40, 330, 320, 620), fill=shirt)
    pen.rectangle((150, 280, 210, 350), fill="#d9a679")
    pen.ellipse((95, 60, 265, 270), fill=hair)
    pen.ellipse((108, 90, 252, 310), fill="#e8b98c")
    pen.ellipse((140, 180, 160, 194), fill="#2b1d14")
    pen.ellipse((200, 180, 220, 194), fill="#2b1d14")
    pen.arc((150, 220, 210, 262), 20, 160, fill="#8c3b2f", width=5)
    written = BytesIO()
    image.save(written, "JPEG", quality=85)
    return written.getvalue()


ROSTER_PICTURE = draw_person(hair="#1d1a17", shirt="#ffffff", background="#6fa8dc")
CHIP_PICTURE = draw_person(hair="#1d1a17", shirt="#34495e")
LIVE_PICTURE = draw_person(hair="#241f1b", shirt="#c0392b", background="#e8e3d5")
OTHER_PICTURE = draw_person(hair="#7b4a21", shirt="#27ae60", background="#e8e3d5")


def room_of_24(*, with_photos: bool = True) -> RosterBundle:
    """A full room whose names and seats are as awkward as real ones."""
    candidates = tuple(
        msgspec.structs.replace(
            exams.candidate(index, CitizenId(f"00120801{index:04d}"), name),
            seat=seat,
            birth_date=date(2008, 1 + index % 12, 3 + index),
            photo=ROSTER_PICTURE if with_photos and index % 3 == 0 else None,
        )
        for index, (name, seat) in enumerate(zip(_NAMES.split("|"), _SEATS, strict=True))
    )
    cheap = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
    bundle = exams.bundle(candidates=candidates)
    session = msgspec.structs.replace(
        bundle.session, exam_name="Thi thử tốt nghiệp THPT 2027", session_name="Ca 1 – Toán", room_name="Phòng 101"
    )
    return msgspec.structs.replace(bundle, session=session, door_code_hash=cheap.hash(DOOR_CODE))


def box_view() -> BoxView:
    """A box to which nothing is wrong."""
    return BoxView(
        now=NOW,
        online=True,
        offline_since=None,
        waiting_to_send=0,
        on_this_box_alone=0,
        central_word_at=NOW,
        reader="Rehearsal Reader 00",
        reader_words=None,
        camera_words=None,
        clock_doubt=None,
        storage_ok=True,
        rehearsal=False,
    )
