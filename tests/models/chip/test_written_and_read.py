"""What the rehearsal's cards write is what the readers of files read: two hands, one standard."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.chip.data_groups import FILE_TAGS, read_holder, read_portrait
from models.chip.file_list import parse_file_list
from models.chip.mrz import check_digit, parse_mrz, wrong_check_digits
from models.chip.security_infos import PaceInfo, infos_of, parse_security_infos
from models.chip.security_object import own_signature_is_good, parse_security_object
from models.chip.tlv import encode, parse_all, parse_one
from models.identifiers import CitizenId, Sex
from provisioning.rehearsal import mrz_writing
from provisioning.rehearsal.data_group_writing import common_file, mrz_group, portrait_group
from provisioning.rehearsal.people import Person, latin_name
from provisioning.rehearsal.security_info_writing import card_access_file
from provisioning.rehearsal.tlv_writing import tlv
from tests.builders.portraits import drawn_portrait
from tests.builders.signed_messages import security_object_file

TAGS = st.sampled_from([0x02, 0x04, 0x30, 0x61, 0x77, 0x5F1F, 0x5F2E, 0x7F60, 0x7F61])
DAYS = st.dates(date(2000, 1, 1), date(2099, 12, 31))


@given(TAGS, st.binary(max_size=70_000))
def test_objects(tag: int, value: bytes) -> None:
    assert tlv(tag, value) == encode(tag, value)
    assert parse_one(tlv(tag, value), tag) == value


@given(st.lists(st.tuples(TAGS, st.binary(max_size=300)), max_size=20))
def test_rows_of_objects(written: list[tuple[int, bytes]]) -> None:
    row = b"".join(tlv(tag, value) for tag, value in written)
    assert [(one.tag, one.value) for one in parse_all(row)] == written


@given(st.text("<0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", max_size=40))
def test_check_digits(text: str) -> None:
    assert mrz_writing.check_digit(text) == check_digit(text)


@given(
    birth=st.dates(date(2000, 1, 1), date(2012, 12, 31)),
    expires=DAYS,
    sex=st.sampled_from(Sex),
    words=st.lists(st.sampled_from(["Nguyễn", "Đỗ", "H'Hen", "A", "Y", "Byă", "Ưng"]), min_size=1, max_size=4),
)
def test_zones(birth: date, expires: date, sex: Sex, words: list[str]) -> None:
    number = f"001{2 if sex is Sex.MALE else 3}{birth:%y}012345"
    person = Person(
        citizen_id=CitizenId(number), full_name=" ".join(words), birth_date=birth, sex=sex, address="Hà Nội"
    )
    zone = mrz_writing.mrz_lines(person, expires)
    assert wrong_check_digits(parse_mrz(zone)) == ()
    holder = read_holder(mrz_group(zone))
    assert (holder.citizen_id, holder.birth_date, holder.expiry_date, holder.sex) == (number, birth, expires, sex)
    assert holder.name == latin_name(person.full_name)


@given(st.sets(st.sampled_from([14, 15])))
def test_lists_of_files(further: set[int]) -> None:
    assert parse_file_list(common_file((1, 2, *sorted(further)))).groups == {1, 2} | further


@pytest.mark.parametrize("sex", list(Sex))
@pytest.mark.parametrize("form", ["JPEG", "JPEG2000"])
def test_portraits(sex: Sex, form: str) -> None:
    picture = drawn_portrait(form=form)
    file = portrait_group(picture, sex)
    assert file[0] == FILE_TAGS[2]
    assert read_portrait(file) == picture


@given(st.integers(0, 127))
def test_terms_of_access(parameter: int) -> None:
    (pace,) = infos_of(parse_security_infos(card_access_file(parameter)), PaceInfo)
    assert (pace.version, pace.parameter_id) == (2, parameter)


@given(st.dictionaries(st.integers(1, 16), st.binary(min_size=32, max_size=32), min_size=1))
def test_security_objects(digests: dict[int, bytes]) -> None:
    parsed = parse_security_object(security_object_file(digests))
    assert parsed.digests == digests
    assert own_signature_is_good(parsed)
