"""What the card answers to whom: selection, reading, refusals, and each thing that can be wrong with it."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from provisioning.rehearsal.card_files import CardVariant
from provisioning.rehearsal.soft_chip.card import Card, ShortFile, load_card, save_card
from provisioning.rehearsal.soft_chip.chip import APPLICATION, CardGoneError, SoftChip
from provisioning.rehearsal.soft_chip.dialect import SHORT_ONLY
from tests.builders.cards import make_card
from tests.builders.plain_terminal import open_by_bac

SELECT_APPLICATION = bytes.fromhex("00A4040C07") + APPLICATION
SELECT_CARD_ACCESS = bytes.fromhex("00A4020C02011C")
CHOOSE_CAN = bytes.fromhex("0022C1A40F800A04007F00070202040202830102")


@pytest.fixture(scope="module")
def card(tmp_path_factory: pytest.TempPathFactory) -> Card:
    return make_card(tmp_path_factory.mktemp("issuers"))


def ask(chip: SoftChip, command: str) -> str:
    return chip.respond(bytes.fromhex(command)).hex().upper()


def test_the_master_file_is_refused_as_on_real_cards(card: Card) -> None:
    assert ask(SoftChip(card), "00A4000C023F00") == "6D00"


def test_card_access_is_open_and_is_the_one_seen_on_a_citizen_card(card: Card) -> None:
    seen = (
        "3134300D060804007F0007020202020101300F060A04007F000702020302020201013012060A04007F0007020204020202010202010D"
    )
    chip = SoftChip(card)
    assert chip.respond(SELECT_CARD_ACCESS) == b"\x90\x00"
    assert ask(chip, "00B0000000") == seen + "9000"
    assert ask(SoftChip(card), "00B09C0000") == seen + "9000"


@pytest.mark.parametrize(
    ("command", "status"),
    [
        ("00B081 0000", "6982"),
        ("00A4020C020101", "6982"),
        ("00A4020C020103", "6A82"),
        ("00A4020C02011C", "6A82"),
        ("00A4040C07A0000002471002", "6A82"),
        ("00A4010C020101", "6A86"),
        ("00B0000000", "6986"),
        ("0086000002", "6985"),
        ("0C B0 8100 0A 8E08 0000000000000000 00", "6988"),
        ("1086000002 7C00 00", "6985"),
        ("0082000028" + 40 * "00" + "28", "6985"),
        ("0088000008" + 8 * "00" + "00", "6982"),
        ("002241A40C800A04007F00070202030202", "6982"),
        ("8084000008", "6E00"),
        ("00A4", "6700"),
        ("", "6700"),
    ],
)
def test_refusals_without_a_session(card: Card, command: str, status: str) -> None:
    chip = SoftChip(card)
    chip.respond(SELECT_APPLICATION)
    assert ask(chip, command) == status


def test_a_challenge_is_only_given_inside_the_application(card: Card) -> None:
    chip = SoftChip(card)
    assert ask(chip, "0084000008") == "6D00"
    chip.respond(SELECT_APPLICATION)
    assert len(chip.respond(bytes.fromhex("0084000008"))) == 10


@pytest.mark.parametrize(
    ("objects", "status"),
    [
        ("800A04007F00070202040202830102", "9000"),
        ("800A04007F0007020204020283010284010D", "9000"),
        ("800A04007F0007020204020283010284010C", "6A88"),
        ("800A04007F00070202040202830103", "6A88"),
        ("800A04007F00070202040204830102", "6A80"),
        ("800A0400", "6A80"),
    ],
)
def test_choosing_the_password(card: Card, objects: str, status: str) -> None:
    body = bytes.fromhex(objects)
    answer = SoftChip(card).respond(bytes.fromhex("0022C1A4") + bytes((len(body),)) + body)
    assert answer.hex().upper() == status


def test_a_failed_mutual_authentication_spends_the_challenge(card: Card) -> None:
    chip = SoftChip(card)
    chip.respond(SELECT_APPLICATION)
    chip.respond(bytes.fromhex("0084000008"))
    wrong = "0082000028" + 40 * "00" + "28"
    assert ask(chip, wrong) == "6300"
    assert ask(chip, wrong) == "6985"


def test_every_file_comes_back_as_it_was_made(card: Card) -> None:
    terminal = open_by_bac(SoftChip(card), card.mrz_key_text)
    for file in set(card.files) - {ShortFile.CARD_ACCESS}:
        assert terminal.read_file(file) == card.files[file]


def test_reading_past_the_end(card: Card) -> None:
    terminal = open_by_bac(SoftChip(card), card.mrz_key_text)
    zone = card.files[ShortFile.DG1]
    assert terminal.ask("0CB08100", expected=b"\x00") == (0x9000, zone)
    assert terminal.ask("0CB0005D", expected=b"\x08") == (0x6282, zone[93:])
    assert terminal.ask("0CB0005F", expected=b"\x01") == (0x6B00, b"")
    assert terminal.ask("0CB08300", expected=b"\x01") == (0x6A82, b"")
    assert terminal.ask("0CB08100") == (0x6700, b"")


def test_an_extended_read_takes_a_whole_portrait(card: Card) -> None:
    terminal = open_by_bac(SoftChip(card), card.mrz_key_text)
    portrait = card.files[ShortFile.DG2]
    assert terminal.ask("0CB08200", expected=len(portrait).to_bytes(2, "big")) == (0x9000, portrait)


def test_a_card_of_short_answers_refuses_longer_ones(card: Card) -> None:
    terminal = open_by_bac(SoftChip(replace(card, dialect=SHORT_ONLY)), card.mrz_key_text)
    assert terminal.ask("0CB08200", expected=b"\xdf")[0] == 0x9000
    assert terminal.chip.respond(terminal.secured("0CB08200", expected=b"\x04\x00")).hex() == "6700"


def test_a_forged_mac_ends_the_session(card: Card) -> None:
    terminal = open_by_bac(SoftChip(card), card.mrz_key_text)
    command = bytearray(terminal.secured("0CB08100", expected=b"\x04"))
    command[-2] ^= 1
    assert terminal.chip.respond(bytes(command)).hex() == "6988"
    assert terminal.chip.respond(terminal.secured("0CB08100", expected=b"\x04")).hex() == "6988"


def test_a_replayed_command_ends_the_session(card: Card) -> None:
    terminal = open_by_bac(SoftChip(card), card.mrz_key_text)
    command = terminal.secured("0CB08100", expected=b"\x04")
    assert terminal.chip.respond(command)[-2:].hex() == "9000"
    assert terminal.chip.respond(command).hex() == "6988"


def test_a_missing_mac_is_named(card: Card) -> None:
    terminal = open_by_bac(SoftChip(card), card.mrz_key_text)
    assert terminal.chip.respond(bytes.fromhex("0CB0810003970104 00")).hex() == "6987"


def test_a_command_in_the_clear_ends_the_session(card: Card) -> None:
    terminal = open_by_bac(SoftChip(card), card.mrz_key_text)
    assert terminal.chip.respond(bytes.fromhex("00B0810004")).hex() == "6982"
    assert terminal.chip.respond(terminal.secured("0CB08100", expected=b"\x04")).hex() == "6988"


def test_power_off_forgets_the_session(card: Card) -> None:
    terminal = open_by_bac(SoftChip(card), card.mrz_key_text)
    terminal.chip.reset()
    assert terminal.chip.respond(terminal.secured("0CB08100", expected=b"\x04")).hex() == "6988"


def test_a_damaged_card_answers_6f00_inside_its_portrait_and_nowhere_else(tmp_path: Path) -> None:
    damaged = make_card(tmp_path, CardVariant.DAMAGED)
    terminal = open_by_bac(SoftChip(damaged), damaged.mrz_key_text)
    assert terminal.read_file(ShortFile.SOD) == damaged.files[ShortFile.SOD]
    assert terminal.ask("0CB08200", expected=b"\xdf")[0] == 0x9000
    for _ in range(2):
        assert terminal.ask("0CB01800", expected=b"\xdf") == (0x6F00, b"")


def test_a_card_pulled_out_half_way_is_gone(tmp_path: Path) -> None:
    pulled = make_card(tmp_path, CardVariant.PULLED_OUT)
    terminal = open_by_bac(SoftChip(pulled), pulled.mrz_key_text)
    assert terminal.read_file(ShortFile.DG1) == pulled.files[ShortFile.DG1]
    with pytest.raises(CardGoneError):
        terminal.read_file(ShortFile.DG2)


def test_a_kept_card_is_the_same_card_and_private(card: Card, tmp_path: Path) -> None:
    kept = tmp_path / "card.json"
    save_card(card, kept)
    assert load_card(kept) == card
    assert kept.stat().st_mode & 0o777 == 0o600
