"""TLS as a stranger meets it, looked at with OpenSSL's own client as well as with ours."""

import shutil
import socket
import ssl
import subprocess
from collections.abc import Iterator
from datetime import timedelta
from http.client import RemoteDisconnected
from pathlib import Path

import pytest

from models.enrollment import CertificateRole
from provisioning.authority.http.server import AuthorityAddressError, AuthorityServer, ServerFiles, tls_context
from tests.builders.echo_server import echo_server, line
from tests.builders.needed_programs import need
from tests.builders.small_pki import Papers, SmallPki, self_signed


@pytest.fixture(scope="module")
def pki(tmp_path_factory: pytest.TempPathFactory) -> SmallPki:
    return SmallPki(tmp_path_factory.mktemp("pki"))


@pytest.fixture(scope="module")
def server(pki: SmallPki) -> Iterator[AuthorityServer]:
    with echo_server(pki) as running:
        yield running


def _who(server: AuthorityServer, pki: SmallPki, papers: Papers | None = None) -> str:
    connection = line(server, pki, papers)
    try:
        connection.request("GET", "/")
        return connection.getresponse().read().decode()
    finally:
        connection.close()


def _openssl(server: AuthorityServer, pki: SmallPki, *words: str) -> subprocess.CompletedProcess[str]:
    need("openssl", shutil.which("openssl"))
    command = ["openssl", "s_client", "-connect", server.address, "-CAfile", str(pki.authorities), *words]
    request = "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    return subprocess.run(command, input=request, capture_output=True, text=True, timeout=60, check=False)


def test_a_stranger_without_a_certificate_is_heard_as_nobody(server: AuthorityServer, pki: SmallPki) -> None:
    assert _who(server, pki) == "nobody 0"


def test_the_holder_of_a_certificate_is_known_by_it_and_the_next_one_by_the_own(
    server: AuthorityServer, pki: SmallPki
) -> None:
    box, central = pki.papers(CertificateRole.BOX, "box-1"), pki.papers(CertificateRole.CENTRAL, "central")
    assert _who(server, pki, box) == "CN=box-1,OU=room box 0"
    assert _who(server, pki, central) == "CN=central,OU=central 0"
    assert _who(server, pki) == "nobody 0"


def _refused_papers(pki: SmallPki, folder: Path) -> dict[str, Papers]:
    return {
        "expired": pki.papers(CertificateRole.BOX, "box-1", good_for=timedelta(minutes=-1)),
        "begins tomorrow": pki.papers(CertificateRole.BOX, "box-1", good_for=timedelta(2), since=timedelta(-1)),
        "another authority": SmallPki(folder / "foreign").papers(CertificateRole.CENTRAL, "central"),
        "vouches for itself": self_signed(folder / "self", CertificateRole.CENTRAL, "central"),
        "a server's": pki.papers(CertificateRole.SERVER, "localhost"),
    }


@pytest.mark.parametrize(
    "which", ["expired", "begins tomorrow", "another authority", "vouches for itself", "a server's"]
)
def test_a_certificate_that_is_not_good_does_not_get_in_at_all(
    server: AuthorityServer, pki: SmallPki, tmp_path: Path, which: str
) -> None:
    papers = _refused_papers(pki, tmp_path)[which]
    with pytest.raises((ssl.SSLError, RemoteDisconnected, ConnectionResetError)):
        _who(server, pki, papers)
    shown = ("-cert", str(papers.certificate), "-key", str(papers.key), "-ign_eof")
    assert "HTTP/1.1" not in _openssl(server, pki, "-tls1_3", *shown).stdout
    assert _who(server, pki, pki.papers(CertificateRole.BOX, "box-1")) == "CN=box-1,OU=room box 0"


def test_openssl_speaks_tls_1_3_and_sees_that_nothing_can_be_resumed(server: AuthorityServer, pki: SmallPki) -> None:
    seen = _openssl(server, pki, "-tls1_3", "-verify_return_error", "-verify_hostname", "localhost", "-ign_eof")
    assert "nobody 0" in seen.stdout
    assert "Protocol  : TLSv1.3" in seen.stdout or "New, TLSv1.3" in seen.stdout
    assert "Post-Handshake New Session Ticket" not in seen.stdout


@pytest.mark.parametrize("version", ["-tls1_2", "-tls1_1", "-tls1"])
def test_openssl_is_refused_with_an_older_tls(server: AuthorityServer, pki: SmallPki, version: str) -> None:
    seen = _openssl(server, pki, version, "-cipher", "ALL:@SECLEVEL=0")
    assert seen.returncode != 0
    assert "nobody" not in seen.stdout
    assert "Cipher is (NONE)" in seen.stdout


def test_openssl_is_told_whose_certificates_are_welcome(server: AuthorityServer, pki: SmallPki) -> None:
    seen = _openssl(server, pki, "-tls1_3")
    assert "CN = Test root" in seen.stdout.replace("CN=Test", "CN = Test")


def test_plain_http_gets_no_word(server: AuthorityServer) -> None:
    host, _, port = server.address.rpartition(":")
    with socket.create_connection((host, int(port)), timeout=20) as plain:
        plain.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert b"HTTP" not in plain.recv(1000)


def test_no_answer_names_the_software_that_gave_it(server: AuthorityServer, pki: SmallPki) -> None:
    connection = line(server, pki)
    connection.request("GET", "/")
    answer = connection.getresponse()
    names = {name.lower() for name, _ in answer.getheaders()}
    connection.close()
    assert names == {"date", "content-length", "content-type", "cache-control", "x-content-type-options"}


def test_stopping_lets_the_answer_out_and_closes_the_door(pki: SmallPki) -> None:
    with echo_server(pki) as server:
        connection = line(server, pki)
        connection.request("GET", "/")
        assert connection.getresponse().read() == b"nobody 0"
    with pytest.raises(OSError, match=r"(?i)refused|closed|reset"):
        _who(server, pki)
    connection.close()


def test_a_port_that_is_taken_is_named(server: AuthorityServer, pki: SmallPki) -> None:
    papers = pki.papers(CertificateRole.SERVER, "localhost")
    files = ServerFiles(certificate=papers.certificate, key=papers.key, authorities=pki.authorities)
    port = int(server.address.rpartition(":")[2])
    with pytest.raises(AuthorityAddressError, match=str(port)):
        AuthorityServer(_never, "127.0.0.1", port, files).start()


def test_files_that_are_no_certificates_are_told_apart_from_a_running_server(pki: SmallPki, tmp_path: Path) -> None:
    papers = pki.papers(CertificateRole.SERVER, "localhost")
    broken = tmp_path / "broken.pem"
    broken.write_text("no certificate")
    with pytest.raises(AuthorityAddressError, match="cannot be read"):
        tls_context(ServerFiles(certificate=broken, key=papers.key, authorities=pki.authorities))
    with pytest.raises(AuthorityAddressError, match="cannot be read"):
        tls_context(ServerFiles(certificate=papers.certificate, key=papers.key, authorities=broken))


async def _never(*_words: object) -> None:
    raise AssertionError("nobody asks")
