"""What a support bundle holds, and above all what it does not."""

import gzip
import random
import string

from hypothesis import example, given
from hypothesis import strategies as st

from edge.redaction import redact
from edge.support_bundle import LARGEST_BYTES, BundleText, pack

FAMILY = ["Nguyễn", "Trần", "Lê", "Phạm", "H'Hen", "Nguyen", "TRAN", "Lò", "Y"]
MIDDLE = ["Văn", "Thị Thu", "Bảo", "Van", "THI", "Gia"]
GIVEN = ["An", "Ánh", "Niê", "Quỳnh", "Duc", "HUNG", "Páo"]
LETTERS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
names = st.builds(lambda *parts: " ".join(parts), *(st.sampled_from(words) for words in (FAMILY, MIDDLE, GIVEN)))
citizen_numbers = st.text(string.digits, min_size=12, max_size=12)
door_codes = st.text(LETTERS, min_size=8, max_size=8)
surroundings = st.sampled_from(
    [
        "edge.agent: {name} {number} {code}",
        "sqlite3.IntegrityError: UNIQUE ({number}, '{name}')",
        "Traceback: KeyError: '{code}' for {name}, {number}.",
        "opened with {code}; candidate={name};id={number}",
        'said "{name}"/{number}/{code}',
        "name:{name},code:{code},{number}",
    ]
)


def text_of(*lines: str) -> str:
    return gzip.decompress(pack(BundleText(sections={"box": {"name": "box-101"}}, log_lines=lines))).decode()


@given(names, citizen_numbers, door_codes, surroundings)
@example("NGUYEN VAN AN", "001208012345", "ABCDEFGH", "x {name} {number} {code}")
def test_a_name_a_citizen_number_and_a_door_code_in_the_log_do_not_leave_the_box(
    name: str, number: str, code: str, line: str
) -> None:
    bundle = text_of(line.format(name=name, number=number, code=code))
    assert number not in bundle
    assert code not in bundle
    assert name not in bundle
    assert not any(word in bundle for word in name.split() if not word.isascii())


@given(st.text(string.digits, min_size=12, max_size=12), st.sampled_from(" .-_"))
def test_a_number_written_in_groups_is_taken_out_too(number: str, gap: str) -> None:
    written = gap.join((number[:3], number[3:6], number[6:9], number[9:]))
    assert written not in text_of(f"seen {written} at the desk")


def test_what_helps_is_left() -> None:
    line = "WARNING edge.uplink: the broker refused this box: not authorised (rc 135)"
    assert redact(line) == line


def test_own_names_are_kept_when_they_are_named() -> None:
    said = "box-k3v9q2m7 with ACS ACR1252 Reader"
    assert redact(said, keep=("box-k3v9q2m7", "ACS ACR1252 Reader")) == said
    assert "k3v9q2m7" not in redact(said)


def test_a_long_log_loses_its_oldest_lines_and_stays_small() -> None:
    noise = random.Random(7)
    lines = [f"line {n} " + "".join(noise.choices("abcdefg hijkl", k=390)) for n in range(2_000)]
    packed = pack(BundleText(sections={}, log_lines=lines))
    assert len(packed) <= LARGEST_BYTES
    text = gzip.decompress(packed).decode()
    assert "line 1999 " in text
    assert "line 0 " not in text
