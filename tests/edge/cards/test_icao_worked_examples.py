"""The worked examples of ICAO Doc 9303-11, appendices D (BAC, secure messaging) and G.1 (PACE, generic mapping)."""

from collections.abc import Callable

import pytest

from edge.cards.access_key import MrzKey, pace_secret
from edge.cards.apdu import Command, PlainChannel, read_on, select_file
from edge.cards.bac import establish_bac
from edge.cards.pace import establish_pace
from edge.cards.pace_choice import choose_pace
from edge.cards.secure_messaging import ChannelBrokenError, SecureChannel
from edge.cards.session_ciphers import AesCipher, TripleDesCipher
from models.chip.curve_points import add, base_multiple, decode_point, encode_point, multiple
from models.chip.curves import BRAINPOOL_P256
from models.chip.security_infos import parse_security_infos
from models.chip.session_keys import SessionSuite, derive_session_key
from tests.fakes.scripted_card_reader import AnsweringCardReader, ScriptedCardReader

TD3_KEY = MrzKey(document_number="L898902C", birth_date="690806", expiry_date="940623")
PACE_KEY = MrzKey(document_number="T22000129", birth_date="640812", expiry_date="101031")
PACE_OPTION = choose_pace(parse_security_infos(bytes.fromhex("31143012060A04007F0007020204020202010202010D")))

D3_CHALLENGE = "4608F919887022129000"
D3_ANSWER = "46B9342A41396CD7386BF5803104D7CEDC122B9132139BAF2EEDC94EE178534F2F2D235D074D74499000"
MAPPING_SECRET = "7F4EF07B9EA82FD78AD689B38D0BC78CF21F249D953BC46F4C6E19259C010F99"
MAPPING_OWN = (
    "047ACF3EFC982EC45565A4B155129EFBC74650DCBFA6362D896FC70262E0C2CC5E"
    "544552DCB6725218799115B55C9BAA6D9F6BC3A9618E70C25AF71777A9C4922D"
)
MAPPING_CHIP = (
    "04824FBA91C9CBE26BEF53A0EBE7342A3BF178CEA9F45DE0B70AA601651FBA3F57"
    "30D8C879AAA9C9F73991E61B58F4D52EB87A0A0C709A49DC63719363CCD13C54"
)
AGREED = (
    "0460332EF2450B5D247EF6D3868397D398852ED6E8CAF6FFEEF6BF85CA57057FD5"
    "0840CA7415BAF3E43BD414D35AA4608B93A2CAF3A4E3EA4E82C9C13D03EB7181"
)
MAPPED_GENERATOR = (
    "048CED63C91426D4F0EB1435E7CB1D74A46723A0AF21C89634F65A9AE87A9265E2"
    "8C879506743F8611AC33645C5B985C80B5F09A0B83407C1B6A4D857AE76FE522"
)
SESSION_SECRET = "A73FB703AC1436A18E0CFA5ABB3F7BEC7A070E7A6788486BEE230C4A22762595"
SESSION_OWN = (
    "042DB7A64C0355044EC9DF190514C625CBA2CEA48754887122F3A5EF0D5EDD301C"
    "3556F3B3B186DF10B857B58F6A7EB80F20BA5DC7BE1D43D9BF850149FBB36462"
)
SESSION_CHIP = (
    "049E880F842905B8B3181F7AF7CAA9F0EFB743847F44A306D2D28C1D9EC65DF6DB"
    "7764B22277A2EDDC3C265A9F018F9CB852E111B768B326904B59A0193776F094"
)
PACE_CONVERSATION = [
    ("0022C1A40F800A04007F00070202040202830101", "9000"),
    ("10860000027C0000", "7C12801095A3A016522EE98D01E76CB6B98B42C39000"),
    (f"10860000457C438141{MAPPING_OWN}00", f"7C438241{MAPPING_CHIP}9000"),
    (f"10860000457C438341{SESSION_OWN}00", f"7C438441{SESSION_CHIP}9000"),
    ("008600000C7C0A8508C2B0BD78D94BA86600", "7C0A86083ABB9674BCE93C089000"),
]


def drawing(*secrets: str) -> Callable[[int], bytes]:
    """Random bytes from which PACE makes these private keys: it adds 2 to a number below n - 3."""
    drawn = iter(secrets)

    def draw(count: int) -> bytes:
        return (int(next(drawn), 16) - 2).to_bytes(count)

    return draw


def test_9303_11_appendix_d2_keys_from_the_machine_readable_zone() -> None:
    seed = bytes.fromhex("239AB9CB282DAF66231DC5A4DF6BFBAE")
    assert pace_secret(TD3_KEY)[:16] == seed
    # The standard sets the parity bit of each DES key byte, which the cipher ignores.
    assert without_parity(derive_session_key(SessionSuite.TRIPLE_DES, seed, 1)) == without_parity(
        bytes.fromhex("AB94FDECF2674FDFB9B391F85D7F76F2")
    )
    assert without_parity(derive_session_key(SessionSuite.TRIPLE_DES, seed, 2)) == without_parity(
        bytes.fromhex("7962D9ECE03D1ACD4C76089DCE131543")
    )


def without_parity(key: bytes) -> bytes:
    return bytes(byte & 0xFE for byte in key)


@pytest.mark.parametrize(
    "zone",
    [
        "I<UTOD23145890<7349<<<<<<<<<<<3407127M9507122UTO<<<<<<<<<<<2STEVENSON<<PETER<JOHN<<<<<<<<<",
        "I<UTOL898902C<3<<<<<<<<<<<<<<<6908061F9406236UTO<<<<<<<<<<<2ERIKSSON<<ANNA<MARIA<<<<<<<<<<",
    ],
)
def test_9303_11_appendix_d2_td1_zones_give_a_key(zone: str) -> None:
    assert MrzKey.from_zone(zone).information in {b"D23145890734934071279507122", b"L898902C<369080619406236"}


def test_9303_11_appendix_d3_basic_access_control() -> None:
    drawn = iter(("781723860C06C226", "0B795240CB7049B01C19B33E32804F0B"))
    reader = ScriptedCardReader(
        [
            ("0084000008", D3_CHALLENGE),
            (
                "008200002872C29C2371CC9BDB65B779B8E8D37B29ECC154AA56A8799FAE2F498F76ED92F25F1448EEA8AD90A728",
                D3_ANSWER,
            ),
            *D4_CONVERSATION,
        ]
    )
    cipher = establish_bac(PlainChannel(reader), TD3_KEY, lambda count: bytes.fromhex(next(drawn).zfill(2 * count)))
    channel = SecureChannel(reader, cipher)
    assert channel.send(select_file(0x011E)).status == 0x9000
    assert channel.send(read_on(0, 4)).content.hex().upper() == "60145F01"
    assert channel.send(read_on(4, 18)).content.hex().upper() == "04303130365F36063034303030305C026175"


def test_an_answer_to_another_challenge_does_not_open_by_bac() -> None:
    answers = iter((D3_CHALLENGE, D3_ANSWER))
    replaying = AnsweringCardReader(lambda _: bytes.fromhex(next(answers)))
    with pytest.raises(ChannelBrokenError, match="another challenge"):
        establish_bac(PlainChannel(replaying), TD3_KEY, bytes)


D4_CONVERSATION = [
    ("0CA4020C158709016375432908C044F68E08BF8B92D635FF24F800", "990290008E08FA855A5D4C50A8ED9000"),
    ("0CB000000D9701048E08ED6705417E96BA5500", "8709019FF0EC34F9922651990290008E08AD55CC17140B2DED9000"),
    (
        "0CB000040D9701128E082EA28A70F3C7B53500",
        "871901FB9235F4E4037F2327DCC8964F1F9B8C30F42C8E2FFF224A990290008E08C8B2787EAEA07D749000",
    ),
]


def d4_channel(conversation: list[tuple[str, str]]) -> SecureChannel:
    cipher = TripleDesCipher(
        bytes.fromhex("979EC13B1CBFE9DCD01AB0FED307EAE5"),
        bytes.fromhex("F1CB1F1FB5ADF208806B89DC579DC1F8"),
        0x887022120C06C226,
    )
    return SecureChannel(ScriptedCardReader(conversation), cipher)


def test_9303_11_appendix_d4_secure_messaging() -> None:
    channel = d4_channel(D4_CONVERSATION)
    assert channel.send(select_file(0x011E)).status == 0x9000
    assert channel.send(read_on(0, 4)).content.hex().upper() == "60145F01"
    assert channel.send(read_on(4, 18)).content.hex().upper() == "04303130365F36063034303030305C026175"


def test_9303_11_appendix_d4_an_answer_out_of_turn_breaks_the_channel() -> None:
    replayed = [D4_CONVERSATION[0], (D4_CONVERSATION[1][0], D4_CONVERSATION[2][1])]
    channel = d4_channel(replayed)
    channel.send(select_file(0x011E))
    with pytest.raises(ChannelBrokenError):
        channel.send(read_on(0, 4))
    with pytest.raises(ChannelBrokenError, match="closed"):
        channel.send(Command(ins=0xB0, expected=4))


def test_9303_11_appendix_g1_password_key() -> None:
    assert pace_secret(PACE_KEY).hex().upper() == "7E2D2A41C74EA0B38CD36F863939BFA8E9032AAD"
    assert (
        derive_session_key(SessionSuite.AES_128, pace_secret(PACE_KEY), 3).hex().upper()
        == "89DED1B26624EC1E634C1989302849DD"
    )


def test_9303_11_appendix_g1_generic_mapping() -> None:
    curve, secret = BRAINPOOL_P256, int(MAPPING_SECRET, 16)
    assert encode_point(curve, base_multiple(curve, secret)).hex().upper() == MAPPING_OWN
    agreed = multiple(curve, secret, decode_point(curve, bytes.fromhex(MAPPING_CHIP)))
    assert encode_point(curve, agreed).hex().upper() == AGREED
    nonce = base_multiple(curve, 0x3F00C4D39D153F2B2A214A078D899B22)
    generator = add(curve, nonce, agreed)
    assert encode_point(curve, generator).hex().upper() == MAPPED_GENERATOR
    assert encode_point(curve, multiple(curve, int(SESSION_SECRET, 16), generator)).hex().upper() == SESSION_OWN


def test_9303_11_appendix_g1_whole_conversation_and_session_keys() -> None:
    reader = ScriptedCardReader(PACE_CONVERSATION)
    session = establish_pace(PlainChannel(reader), PACE_KEY, PACE_OPTION, drawing(MAPPING_SECRET, SESSION_SECRET))
    assert session.cipher.checksum(bytes(16)) == expected_checksum()
    assert len(reader.sent) == 5


def expected_checksum() -> bytes:
    """By the session keys that the appendix prints."""
    printed = AesCipher(
        bytes.fromhex("F5F0E35C0D7161EE6724EE513A0D9A7F"), bytes.fromhex("FE251C7858B356B24514B3BD5F4297D1")
    )
    return printed.checksum(bytes(16))
