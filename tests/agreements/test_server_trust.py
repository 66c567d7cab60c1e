"""Only a server of ours is believed: a box's room broker never passes for the authority or the central broker."""

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from models.enrollment import AuthorityRefusal, CertificateRole
from models.wire.authority_line import AuthorityLine, WrongAuthorityError, trusting
from models.wire.server_trust import server_context
from tests.builders.transport_authority import TransportAuthority
from tests.builders.transport_pki import Identity


@contextmanager
def served(identity: Identity) -> Iterator[int]:
    """A TLS server on loopback that takes two connections and says nothing."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(identity.certificate, identity.key)
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def answer() -> None:
            for _ in range(2):
                try:
                    plain, _address = listening.accept()
                except OSError:
                    return
                with plain:
                    try:
                        context.wrap_socket(plain, server_side=True).close()
                    except OSError:
                        continue

        thread = threading.Thread(target=answer)
        thread.start()
        yield listening.getsockname()[1]
        listening.shutdown(socket.SHUT_RDWR)
        thread.join()


@pytest.fixture
def authority(tmp_path: Path) -> TransportAuthority:
    return TransportAuthority(folder=tmp_path / "pki")


def connect(context: ssl.SSLContext, port: int) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=30) as plain:
        context.wrap_socket(plain, server_hostname="localhost").close()


@pytest.mark.parametrize("shown", [CertificateRole.SERVER, CertificateRole.ROOM_BROKER])
@pytest.mark.parametrize("wanted", [CertificateRole.SERVER, CertificateRole.ROOM_BROKER])
def test_a_server_is_believed_in_its_own_role_only(
    authority: TransportAuthority, shown: CertificateRole, wanted: CertificateRole
) -> None:
    with served(authority.issue("localhost", shown, file_name=shown.name)) as port:
        context = server_context(authority.authority, wanted)
        if shown is wanted:
            connect(context, port)
        else:
            with pytest.raises(ssl.SSLCertVerificationError, match=f"not one of a {wanted}"):
                connect(context, port)


def test_the_line_to_the_authority_stops_before_a_word_is_said_to_a_room_broker(authority: TransportAuthority) -> None:
    impostor = authority.issue("localhost", CertificateRole.ROOM_BROKER, file_name="impostor")
    with (
        served(impostor) as port,
        AuthorityLine(f"localhost:{port}", lambda: trusting(authority.authority), seconds=10) as line,
        pytest.raises(WrongAuthorityError),
    ):
        line.get("/v1/orders", AuthorityRefusal)


def test_a_name_of_its_own_is_asked_for_where_the_host_is_an_address(authority: TransportAuthority) -> None:
    with served(authority.issue("room-a-101.local", CertificateRole.ROOM_BROKER)) as port:
        connect(server_context(authority.authority, CertificateRole.ROOM_BROKER, "room-a-101.local"), port)
        with pytest.raises(ssl.SSLCertVerificationError, match="Hostname mismatch"):
            connect(server_context(authority.authority, CertificateRole.ROOM_BROKER, "room-b.local"), port)
