"""The box's settings: paths beside the file, named errors, and a rehearsal that only a certificate can declare."""

from pathlib import Path

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from edge.settings import read_central_keys, read_chain_key, read_identity, read_settings
from models.errors import BadInputError, SettingsError
from models.identifiers import BoxId
from tests.builders.transport_pki import RehearsalPki, prepare

BOX = BoxId("box-101")

MINIMAL = """
state = "state"
chain_key = "chain.key"
central_key = "central.pem"
[broker]
host = "localhost"
authority = "ca.pem"
certificate = "box.pem"
key = "box.key"
"""


@pytest.fixture(scope="module")
def pki(tmp_path_factory: pytest.TempPathFactory) -> RehearsalPki:
    return prepare(tmp_path_factory.mktemp("pki"), (BOX,))


def test_paths_are_relative_to_the_settings_file(tmp_path: Path) -> None:
    file = tmp_path / "settings.toml"
    file.write_text(MINIMAL, encoding="utf-8")
    settings = read_settings(file)
    assert settings.state == tmp_path / "state"
    assert settings.broker.authority == tmp_path / "ca.pem"
    assert settings.plan_file == tmp_path / "room-plan.json"
    assert settings.room_broker is None, "without a room's broker no equipment is watched"


def test_the_rooms_broker_needs_a_password_file_and_the_plan_may_lie_elsewhere(tmp_path: Path) -> None:
    file = tmp_path / "settings.toml"
    room = '[room_broker]\npassword_file = "room-broker/edge.password"\n'
    file.write_text('plan_file = "other/plan.json"\n' + MINIMAL + room, encoding="utf-8")
    settings = read_settings(file)
    assert settings.plan_file == tmp_path / "other" / "plan.json"
    assert settings.room_broker is not None
    assert settings.room_broker.password_file == tmp_path / "room-broker" / "edge.password"
    assert (settings.room_broker.port, settings.room_broker.guest_port) == (1883, 1885)


@pytest.mark.parametrize(
    "text",
    ["", "state = 3", MINIMAL + "\n[station]\nprot = 1\n", MINIMAL.replace('"localhost"', "7"), "= = ="],
)
def test_a_wrong_file_is_named_and_never_half_read(tmp_path: Path, text: str) -> None:
    file = tmp_path / "settings.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError, match=r"settings\.toml is wrong"):
        read_settings(file)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="cannot be read"):
        read_settings(tmp_path / "absent.toml")


def test_the_certificate_says_who_the_box_is_and_that_it_rehearses(pki: RehearsalPki) -> None:
    identity = read_identity(pki.boxes[BOX].certificate)
    assert identity.box_id == BOX
    assert identity.rehearsal


def test_a_broken_certificate_is_refused(tmp_path: Path) -> None:
    broken = tmp_path / "box.pem"
    broken.write_bytes(b"not a certificate")
    with pytest.raises(BadInputError):
        read_identity(broken)
    with pytest.raises(SettingsError):
        read_identity(tmp_path / "absent.pem")


def test_a_key_that_others_can_read_is_refused(pki: RehearsalPki, tmp_path: Path) -> None:
    open_key = tmp_path / "chain.key"
    open_key.write_bytes(pki.chain_keys[BOX].read_bytes())
    open_key.chmod(0o644)
    with pytest.raises(SettingsError, match="chmod 600"):
        read_chain_key(open_key)
    open_key.chmod(0o600)
    assert read_chain_key(open_key)


def test_keys_of_another_kind_are_refused(pki: RehearsalPki, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="not an Ed25519"):
        read_chain_key(pki.boxes[BOX].key)
    with pytest.raises(SettingsError, match="missing or broken"):
        read_central_keys(tmp_path / "absent.pem")
    with pytest.raises(SettingsError, match="missing or broken"):
        read_central_keys(pki.boxes[BOX].key)
    assert read_central_keys(pki.central_public_key)


def test_while_central_changes_its_key_any_of_them_counts(tmp_path: Path) -> None:
    old, new, foreign = (Ed25519PrivateKey.generate() for _ in range(3))
    pems = [key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo) for key in (old, new)]
    (tmp_path / "central.pem").write_bytes(b"".join(pems))
    keys = read_central_keys(tmp_path / "central.pem")
    for key in (old, new):
        keys.verify(key.sign(b"a receipt"), b"a receipt")
    with pytest.raises(InvalidSignature):
        keys.verify(foreign.sign(b"a receipt"), b"a receipt")
    (tmp_path / "central.pem").write_bytes(pems[0] + b"-----BEGIN PUBLIC KEY-----\nno key\n")
    with pytest.raises(SettingsError, match="missing or broken"):
        read_central_keys(tmp_path / "central.pem")
