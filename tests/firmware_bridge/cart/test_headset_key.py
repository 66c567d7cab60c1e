"""The box's key for its headsets."""

from pathlib import Path
from threading import Thread

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from firmware_bridge.cart.headset_key import HeadsetKeyError, KeyKeeper, box_key


def test_the_key_is_made_once_and_for_this_program_alone(tmp_path: Path) -> None:
    path = tmp_path / "state" / "headset-key.pem"
    made = box_key(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert box_key(path).public == made.public
    assert b"PRIVATE" not in made.public


def test_a_key_that_others_could_read_is_not_used(tmp_path: Path) -> None:
    path = tmp_path / "headset-key.pem"
    box_key(path)
    path.chmod(0o640)
    with pytest.raises(HeadsetKeyError, match="Others could read"):
        box_key(path)


def test_another_kind_of_key_or_rubbish_is_named_and_not_replaced(tmp_path: Path) -> None:
    path = tmp_path / "headset-key.pem"
    other = generate_private_key(SECP256R1()).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    for content in (b"", b"rubbish", other):
        path.write_bytes(content)
        path.chmod(0o600)
        with pytest.raises(HeadsetKeyError, match=r"headset-key\.pem"):
            box_key(path)
        assert path.read_bytes() == content


def test_many_threads_at_once_get_one_key(tmp_path: Path) -> None:
    keeper, found = KeyKeeper(tmp_path / "headset-key.pem"), set[int]()
    threads = [Thread(target=lambda: found.add(id(keeper.key()))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 1
