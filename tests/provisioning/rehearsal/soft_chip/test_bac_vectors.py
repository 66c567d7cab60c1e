"""The card's end of BAC and 3DES secure messaging against ICAO Doc 9303-11 appendices D.2 to D.4."""

from provisioning.rehearsal.soft_chip.bac import answer_mutual_authentication, bac_suite
from provisioning.rehearsal.soft_chip.commands import Answer, StatusWord, parse_command
from provisioning.rehearsal.soft_chip.secure_channel import SecureChannel
from tests.builders.plain_terminal import BacSecrets, bac_command

MRZ_KEY_TEXT = "L898902C<369080619406236"
CARD_CHALLENGE = bytes.fromhex("4608F91988702212")
CARD_KEY = bytes.fromhex("0B4F80323EB3191CB04970CB4052790B")
READER_COMMAND = "008200002872C29C2371CC9BDB65B779B8E8D37B29ECC154AA56A8799FAE2F498F76ED92F25F1448EEA8AD90A728"
CARD_ANSWER = "46B9342A41396CD7386BF5803104D7CEDC122B9132139BAF2EEDC94EE178534F2F2D235D074D7449"
SELECT_COM = "0CA4020C158709016375432908C044F68E08BF8B92D635FF24F800"
SELECT_ANSWER = "990290008E08FA855A5D4C50A8ED9000"
READ_FOUR = "0CB000000D9701048E08ED6705417E96BA5500"
READ_ANSWER = "8709019FF0EC34F9922651990290008E08AD55CC17140B2DED9000"


def test_9303_11_d2_keys_from_the_seed() -> None:
    suite = bac_suite(bytes.fromhex("239AB9CB282DAF66231DC5A4DF6BFBAE"))
    # The standard prints the keys with odd parity; DES does not look at those bits.
    assert _without_parity(suite.encryption_key) == _without_parity("AB94FDECF2674FDFB9B391F85D7F76F2")
    assert _without_parity(suite.mac_key) == _without_parity("7962D9ECE03D1ACD4C76089DCE131543")


def test_9303_11_d3_mutual_authentication() -> None:
    command = bac_command(MRZ_KEY_TEXT, CARD_CHALLENGE, BacSecrets())
    assert command.hex().upper() == READER_COMMAND
    opened = answer_mutual_authentication(
        parse_command(command).body,
        mrz_key_text=MRZ_KEY_TEXT,
        challenge=CARD_CHALLENGE,
        draw=lambda _: CARD_KEY,
    )
    assert opened is not None
    assert opened[0].hex().upper() == CARD_ANSWER


def test_a_wrong_zone_or_an_old_challenge_is_not_answered() -> None:
    body = parse_command(bytes.fromhex(READER_COMMAND)).body
    for text, challenge in ((MRZ_KEY_TEXT, bytes(8)), (MRZ_KEY_TEXT.replace("L", "M"), CARD_CHALLENGE)):
        assert (
            answer_mutual_authentication(body, mrz_key_text=text, challenge=challenge, draw=lambda _: CARD_KEY) is None
        )


def test_9303_11_d4_secured_commands_and_answers() -> None:
    secret = bytes(a ^ b for a, b in zip(BacSecrets().key, CARD_KEY, strict=True))
    channel = SecureChannel(bac_suite(secret), int("887022120C06C226", 16))
    select = channel.unwrap(parse_command(bytes.fromhex(SELECT_COM)))
    assert (select.cla, select.ins, select.body) == (0x00, 0xA4, bytes.fromhex("011E"))
    assert channel.wrap(Answer(status=StatusWord.OK), odd_instruction=0).hex().upper() == SELECT_ANSWER
    read = channel.unwrap(parse_command(bytes.fromhex(READ_FOUR)))
    assert (read.ins, read.expected) == (0xB0, 4)
    content = Answer(status=StatusWord.OK, body=bytes.fromhex("60145F01"))
    assert channel.wrap(content, odd_instruction=0).hex().upper() == READ_ANSWER


def _without_parity(key: bytes | str) -> bytes:
    octets = bytes.fromhex(key) if isinstance(key, str) else key
    return bytes(octet & 0xFE for octet in octets)
