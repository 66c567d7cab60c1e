"""What is turned away before any route: no length, too long, no JSON."""

from collections.abc import Iterator

import msgspec
import pytest

from models.enrollment import AuthorityRefusal, CertificateRole, RefusalCode
from provisioning.authority.http.gatekeeper import LARGEST_BODY, LARGEST_BODY_OF_CENTRAL
from provisioning.authority.http.server import AuthorityServer
from tests.builders.echo_server import echo_server, line
from tests.builders.small_pki import Papers, SmallPki

JSON = "application/json"


@pytest.fixture(scope="module")
def pki(tmp_path_factory: pytest.TempPathFactory) -> SmallPki:
    return SmallPki(tmp_path_factory.mktemp("pki"))


@pytest.fixture(scope="module")
def server(pki: SmallPki) -> Iterator[AuthorityServer]:
    with echo_server(pki) as running:
        yield running


def _ask(
    server: AuthorityServer,
    pki: SmallPki,
    method: str,
    headers: dict[str, str],
    body: bytes = b"",
    papers: Papers | None = None,
) -> tuple[int, bytes]:
    connection = line(server, pki, papers)
    try:
        connection.putrequest(method, "/")
        for name, value in headers.items():
            connection.putheader(name, value)
        connection.endheaders(body)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


@pytest.mark.parametrize("method", ["POST", "PUT"])
@pytest.mark.parametrize(
    ("status", "headers"),
    [
        (411, {"Content-Type": JSON}),
        (411, {"Content-Type": JSON, "Transfer-Encoding": "chunked"}),
        (411, {"Content-Type": JSON, "Transfer-Encoding": "chunked", "Content-Length": "0"}),
        (413, {"Content-Type": JSON, "Content-Length": str(LARGEST_BODY + 1)}),
        (413, {"Content-Type": JSON, "Content-Length": "99999999999999999"}),
        (415, {"Content-Length": "0"}),
        (415, {"Content-Type": "text/plain", "Content-Length": "0"}),
        (415, {"Content-Type": "multipart/form-data; boundary=x", "Content-Length": "0"}),
    ],
)
def test_what_is_no_json_of_known_length_is_turned_away(
    server: AuthorityServer, pki: SmallPki, method: str, status: int, headers: dict[str, str]
) -> None:
    found, body = _ask(server, pki, method, headers)
    assert found == status
    assert msgspec.json.decode(body, type=AuthorityRefusal).code is RefusalCode.REQUEST_BROKEN


@pytest.mark.parametrize("length", ["-1", "1e3", "0x10", "１２", "+4"])
def test_a_length_that_is_no_number_is_turned_away(server: AuthorityServer, pki: SmallPki, length: str) -> None:
    encoded = length.encode("utf-8").decode("latin-1")
    assert _ask(server, pki, "POST", {"Content-Type": JSON, "Content-Length": encoded})[0] == 400


def test_a_question_without_a_body_has_none(server: AuthorityServer, pki: SmallPki) -> None:
    assert _ask(server, pki, "GET", {"Content-Length": "2"}, b"{}")[0] == 400
    assert _ask(server, pki, "GET", {"Content-Length": "0"})[0] == 200


def test_the_largest_body_is_heard(server: AuthorityServer, pki: SmallPki) -> None:
    headers = {"Content-Type": f"{JSON}; charset=utf-8", "Content-Length": str(LARGEST_BODY)}
    assert _ask(server, pki, "POST", headers, bytes(LARGEST_BODY)) == (200, f"nobody {LARGEST_BODY}".encode())


@pytest.mark.parametrize("role", [CertificateRole.BOX, CertificateRole.BROKER_KEEPER, CertificateRole.CENTRAL])
def test_only_central_may_say_more_and_not_everything(
    server: AuthorityServer, pki: SmallPki, role: CertificateRole
) -> None:
    papers = pki.papers(role, "somebody")
    more = {"Content-Type": JSON, "Content-Length": str(LARGEST_BODY + 1)}
    status, _ = _ask(server, pki, "POST", more, bytes(LARGEST_BODY + 1), papers)
    assert status == (200 if role is CertificateRole.CENTRAL else 413)
    too_much = {"Content-Type": JSON, "Content-Length": str(LARGEST_BODY_OF_CENTRAL + 1)}
    assert _ask(server, pki, "POST", too_much, papers=papers)[0] == 413
