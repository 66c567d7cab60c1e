import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.cards.session_ciphers import SessionCipher, authentication_token, chain_cipher, session_cipher
from models.chip.session_keys import SessionSuite, derive_session_key, session_checksum

SECRET = bytes(range(32))


def advanced(suite: SessionSuite, steps: int) -> SessionCipher:
    cipher = session_cipher(suite, SECRET)
    for _ in range(steps):
        cipher.step()
    return cipher


@given(suite=st.sampled_from(SessionSuite), blocks=st.binary(max_size=96), steps=st.integers(0, 3))
def test_blocks_go_there_and_back_under_the_same_counter(suite: SessionSuite, blocks: bytes, steps: int) -> None:
    whole = blocks[: len(blocks) - len(blocks) % suite.block]
    assert advanced(suite, steps).decrypt(advanced(suite, steps).encrypt(whole)) == whole


@pytest.mark.parametrize("suite", SessionSuite)
def test_the_terminals_checksum_is_the_one_that_the_judgement_computes(suite: SessionSuite) -> None:
    content = b"\x99\x02\x90\x00"
    padded = content + b"\x80" + bytes(-(len(content) + 1) % suite.block)
    key = derive_session_key(suite, SECRET, 2)
    assert advanced(suite, 2).checksum(padded) == session_checksum(suite, key, 2, content)
    assert advanced(suite, 3).checksum(padded) != session_checksum(suite, key, 2, content)


@pytest.mark.parametrize(("suite", "size"), list(zip(SessionSuite, (16, 16, 24, 32), strict=True)))
def test_keys_have_their_ciphers_length_and_differ_by_use(suite: SessionSuite, size: int) -> None:
    keys = {derive_session_key(suite, SECRET, use) for use in (1, 2, 3)}
    assert {len(key) for key in keys} == {size}
    assert len(keys) == 3


@pytest.mark.parametrize("suite", SessionSuite)
def test_a_wiped_session_enciphers_with_nothing_of_its_keys(suite: SessionSuite) -> None:
    wiped, fresh = session_cipher(suite, SECRET), session_cipher(suite, SECRET)
    wiped.wipe()
    other = session_cipher(suite, b"another secret")
    other.wipe()
    assert wiped.encrypt(bytes(16)) == other.encrypt(bytes(16)) != fresh.encrypt(bytes(16))


@pytest.mark.parametrize("suite", SessionSuite)
def test_tokens_have_eight_bytes_and_depend_on_every_byte(suite: SessionSuite) -> None:
    key = derive_session_key(suite, SECRET, 2)
    tokens = {authentication_token(suite, key, content) for content in (b"", b"a", b"a\x80", b"b" * 16, b"b" * 17)}
    assert {len(token) for token in tokens} == {8}
    assert len(tokens) == 5


@pytest.mark.parametrize("suite", SessionSuite)
def test_nonces_are_chained_from_zeros(suite: SessionSuite) -> None:
    key = derive_session_key(suite, SECRET, 3)
    first, second = (chain_cipher(suite, key).encryptor().update(bytes(16)) for _ in range(2))
    assert first == second
    assert chain_cipher(suite, key).decryptor().update(first) == bytes(16)
