from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.chip.mrz import check_digit, holder_of, mrz_information, parse_mrz, wrong_check_digits
from models.chip.tlv import ParseError
from models.identifiers import Sex

VIETNAMESE_CARD = """
IDVNM2080123455001208012345<<6
0809030M3309036VNM<<<<<<<<<<<8
NGUYEN<<VAN<AN<<<<<<<<<<<<<<<<
"""


def test_9303_3_section_4_9_check_digit_examples() -> None:
    assert check_digit("520727") == "3"
    assert check_digit("AB2134<<<") == "5"
    assert check_digit("HA672242<658022549601086<<<<<<<<<<<<<<0") == "8"


def test_9303_4_appendix_b_specimen_passport() -> None:
    mrz = parse_mrz("P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\nL898902C36UTO7408122F1204159ZE184226B<<<<<10")
    assert wrong_check_digits(mrz) == ()
    holder = holder_of(mrz)
    assert (holder.name, holder.document_number, holder.issuing_state) == ("ERIKSSON ANNA MARIA", "L898902C3", "UTO")
    assert (holder.sex, holder.birth_date, holder.expiry_date) == (Sex.FEMALE, date(1974, 8, 12), date(2012, 4, 15))
    assert holder.citizen_id is None


@pytest.mark.parametrize(("digit", "wrong"), [("<", ()), ("0", ()), ("1", ("personal number",))])
def test_9303_4_section_4_2_2_an_empty_personal_number_has_a_filler_or_its_digit(
    digit: str, wrong: tuple[str, ...]
) -> None:
    lower = f"L898902C36UTO7408122F1204159{'<' * 14}{digit}"
    composite = check_digit(lower[:10] + lower[13:20] + lower[21:43])
    mrz = parse_mrz(f"P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<{lower}{composite}")
    assert wrong_check_digits(mrz) == wrong


def test_9303_5_appendix_b_specimen_card() -> None:
    mrz = parse_mrz("I<UTOD231458907<<<<<<<<<<<<<<<\n7408122F1204159UTO<<<<<<<<<<<6\nERIKSSON<<ANNA<MARIA<<<<<<<<<<")
    assert wrong_check_digits(mrz) == ()
    assert holder_of(mrz).document_number == "D23145890"


def test_9303_5_section_4_2_2_a_long_document_number_runs_on() -> None:
    # 9303-11 appendix D.2 uses this zone.
    mrz = parse_mrz("I<UTOD23145890<7349<<<<<<<<<<<3407127M9507122UTO<<<<<<<<<<<2STEVENSON<<PETER<JOHN<<<<<<<<<")
    assert holder_of(mrz).document_number == "D23145890734"
    assert wrong_check_digits(mrz) == ()


def test_vietnamese_card_gives_the_whole_citizen_number() -> None:
    mrz = parse_mrz(VIETNAMESE_CARD)
    assert wrong_check_digits(mrz) == ()
    holder = holder_of(mrz)
    assert holder.citizen_id == "001208012345"
    assert (holder.name, holder.sex, holder.birth_date) == ("NGUYEN VAN AN", Sex.MALE, date(2008, 9, 3))


def test_the_citizen_numbers_own_check_digit_may_be_absent() -> None:
    mrz = parse_mrz(VIETNAMESE_CARD.replace("<<6", "<<<"))
    assert "citizen number" not in {name for name, _, _ in mrz.checked}
    assert holder_of(mrz).citizen_id == "001208012345"


@pytest.mark.parametrize(
    ("right", "wrong", "field"),
    [
        ("2080123455", "2080123456", "document number"),
        ("0809030", "0809031", "birth date"),
        ("3309036", "3309037", "expiry date"),
        ("<<<<8", "<<<<9", "composite"),
        ("<<6", "<<7", "citizen number"),
    ],
)
def test_refusal_13_each_wrong_check_digit_is_named(right: str, wrong: str, field: str) -> None:
    assert field in wrong_check_digits(parse_mrz(VIETNAMESE_CARD.replace(right, wrong)))


@pytest.mark.parametrize("text", ["", "A" * 72, "A" * 91, "é" * 90, "a" * 90])
def test_other_texts_are_no_zone(text: str) -> None:
    with pytest.raises(ParseError):
        parse_mrz(text)


def test_an_open_expiry_is_no_date() -> None:
    assert holder_of(parse_mrz(VIETNAMESE_CARD.replace("330903", "<<<<<<"))).expiry_date is None


@pytest.mark.parametrize("birth", ["080932", "081309", "08O903"])
def test_an_impossible_date_is_a_parse_error(birth: str) -> None:
    with pytest.raises(ParseError):
        holder_of(parse_mrz(VIETNAMESE_CARD.replace("080903", birth)))


def test_a_passport_holder_born_last_century_is_not_taken_for_a_child() -> None:
    zone = "P<VNMTRAN<<THI<B<<<<<<<<<<<<<<<<<<<<<<<<<<<<" + "C1234567<0VNM8502010F3002011<<<<<<<<<<<<<<00"
    assert holder_of(parse_mrz(zone)).birth_date == date(1985, 2, 1)


@given(st.text(alphabet="<0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=90, max_size=90))
def test_any_zone_of_card_size_is_read_or_refused_by_name(zone: str) -> None:
    try:
        mrz = parse_mrz(zone)
        wrong_check_digits(mrz)
        holder_of(mrz)
    except ParseError:
        return


def test_9303_11_appendix_d2_mrz_information_of_td3() -> None:
    assert mrz_information("L898902C", "690806", "940623") == "L898902C<369080619406236"


def test_9303_11_appendix_d2_mrz_information_of_a_long_document_number() -> None:
    assert mrz_information("D23145890734", "340712", "950712") == "D23145890734934071279507122"


def test_vietnamese_access_key_uses_the_last_nine_digits() -> None:
    assert mrz_information("208012345", "080903", "330903") == "208012345508090303309036"


@pytest.mark.parametrize("fields", [("1 2", "080903", "330903"), ("12", "80903", "330903"), ("12", "080903", "33090x")])
def test_other_fields_open_nothing(fields: tuple[str, str, str]) -> None:
    with pytest.raises(ParseError):
        mrz_information(*fields)


TD2 = "I<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<" + "D231458907UTO7408122F1204159<<<<<<<6"


def test_9303_6_the_worked_example_of_td2() -> None:
    mrz = parse_mrz(TD2)
    assert wrong_check_digits(mrz) == ()
    assert (mrz.document_number, mrz.nationality, mrz.birth, mrz.expiry) == ("D23145890", "UTO", "740812", "120415")
    assert holder_of(mrz).name == "ERIKSSON ANNA MARIA"


def test_9303_6_a_long_document_number_runs_on_into_the_optional_data_of_td2() -> None:
    number = "D23145890734"
    lower = f"{number[:9]}<UTO7408122F1204159{number[9:]}{check_digit(number)}<<<"
    composite = check_digit(lower[:10] + lower[13:20] + lower[21:35])
    mrz = parse_mrz(TD2[:36] + lower + composite)
    assert mrz.document_number == number
    assert wrong_check_digits(mrz) == ()


@pytest.mark.parametrize(
    ("at", "put"),
    [(0, "X"), (2, "<<<"), (2, "U1O"), (5, "<" * 31), (46, "U1O"), (46, "<<<"), (56, "X")],
    ids=["kind", "no state", "state", "no name", "nationality", "no nationality", "sex"],
)
def test_lds_b_a_field_outside_its_alphabet_is_refused(at: int, put: str) -> None:
    with pytest.raises(ParseError):
        parse_mrz(TD2[:at] + put + TD2[at + len(put) :])
