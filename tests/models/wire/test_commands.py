"""A command is central's, for this box, and in its time; anything else is a named refusal."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from models.identifiers import BoxId
from models.wire.commands import DOMAIN, Command, CommandName, CommandRefusal, SignedCommand, open_command, sign_command

KEY = Ed25519PrivateKey.generate()
NOW = datetime(2026, 6, 1, 7, tzinfo=UTC)
BOX = BoxId("box-101")


@pytest.mark.parametrize("name", CommandName)
def test_a_command_comes_back_whole(name: CommandName) -> None:
    command = Command(command_id="c1", box_id=BOX, name=name, issued_at=NOW, expires_at=NOW + timedelta(minutes=10))
    assert open_command(sign_command(command, KEY), KEY.public_key(), BOX, NOW) == command


def test_what_is_not_centrals_not_ours_or_too_old_is_refused() -> None:
    command = Command(
        command_id="c1", box_id=BOX, name=CommandName.RESTART, issued_at=NOW, expires_at=NOW + timedelta(minutes=10)
    )
    signed = sign_command(command, KEY)
    public = KEY.public_key()
    assert open_command(signed, Ed25519PrivateKey.generate().public_key(), BOX, NOW) is CommandRefusal.WRONG_SIGNATURE
    altered = SignedCommand(body=signed.body.replace(b"restart", b"identif"), signature=signed.signature)
    assert open_command(altered, public, BOX, NOW) is CommandRefusal.WRONG_SIGNATURE
    assert open_command(signed, public, BoxId("box-102"), NOW) is CommandRefusal.OTHER_BOX
    assert open_command(signed, public, BOX, command.expires_at) is CommandRefusal.EXPIRED
    unknown = msgspec.msgpack.encode({"name": "open the door"})
    strange = SignedCommand(body=unknown, signature=KEY.sign(DOMAIN + unknown))
    assert open_command(strange, public, BOX, NOW) is CommandRefusal.UNKNOWN_SHAPE
