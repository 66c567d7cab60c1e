"""Letters leave by a real mail server and a real web server, and a refusal is said."""

import threading
from collections.abc import Iterator
from email import message_from_bytes
from email.policy import default
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import msgspec
import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from central.measuring.alert_carriers import (
    MOMENT,
    SIGNATURE,
    CarrierError,
    Letter,
    SmtpCarrier,
    WebhookCarrier,
    sign,
)
from central.settings import MailSettings, read_secret, read_settings
from models.errors import SettingsError
from tests.fakes.manual_clock import ManualClock
from tests.fakes.running_mosquitto import free_port

LETTER = Letter(
    number=7, school_id="DK", what="alerts", recipient="it@dk.test", subject="[DK] 1 cảnh báo", body="Máy: quá nóng\n"
)


class PostBox:
    """What the mail server was given."""

    def __init__(self) -> None:
        self.envelopes: list[Envelope] = []
        self.answer = "250 OK"

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        self.envelopes.append(envelope)
        return self.answer


@pytest.fixture
def mail() -> Iterator[tuple[PostBox, MailSettings]]:
    box, port = PostBox(), free_port()
    controller = Controller(box, hostname="127.0.0.1", port=port, server_hostname="mail.test")
    controller.start()
    yield box, MailSettings(host="127.0.0.1", port=port, sender="central@tinh.test", security="none")
    controller.stop()


def test_a_letter_arrives_whole(mail: tuple[PostBox, MailSettings]) -> None:
    box, settings = mail
    SmtpCarrier(settings, "").carry(LETTER)
    (envelope,) = box.envelopes
    assert isinstance(envelope.content, bytes)
    message = message_from_bytes(envelope.content, policy=default)
    assert (envelope.rcpt_tos, message["Subject"]) == (["it@dk.test"], LETTER.subject)
    assert message.get_content().replace("\r\n", "\n") == LETTER.body


def test_a_refused_letter_and_a_server_that_is_away_are_said(mail: tuple[PostBox, MailSettings]) -> None:
    box, settings = mail
    box.answer = "451 later"
    with pytest.raises(CarrierError):
        SmtpCarrier(settings, "").carry(LETTER)
    with pytest.raises(CarrierError):
        SmtpCarrier(msgspec.structs.replace(settings, port=free_port()), "").carry(LETTER)


class Hook(HTTPServer):
    """Keeps what was posted, and answers `status`."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Posted)
        self.posted: list[tuple[str, dict[str, str], bytes]] = []
        self.status = 204


class _Posted(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        assert isinstance(self.server, Hook)
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.posted.append((self.path, dict(self.headers), body))
        self.send_response(self.server.status)
        self.end_headers()

    def log_message(self, *_: object) -> None: ...


@pytest.fixture
def hook() -> Iterator[Hook]:
    server = Hook()
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_webhook_is_signed_over_its_time_and_its_body(hook: Hook) -> None:
    carrier = WebhookCarrier(f"http://127.0.0.1:{hook.server_port}/alerts?x=1", "secret", ManualClock())
    carrier.carry(LETTER)
    ((path, headers, body),) = hook.posted
    assert path == "/alerts?x=1"
    assert msgspec.json.decode(body, type=Letter) == LETTER
    assert headers[SIGNATURE] == sign(b"secret", headers[MOMENT], body)
    assert headers[SIGNATURE] != sign(b"other", headers[MOMENT], body)


def test_a_webhook_that_answers_an_error_is_said(hook: Hook) -> None:
    hook.status = 500
    with pytest.raises(CarrierError):
        WebhookCarrier(f"http://127.0.0.1:{hook.server_port}/", "secret", ManualClock()).carry(LETTER)


@pytest.mark.parametrize(
    "alerts",
    ['recipients = [{email = "a@b.test"}]', 'webhook = {url = "http://hook.test/", secret_file = "s"}', "quiet = 1"],
)
def test_settings_that_lead_nowhere_are_refused(tmp_path: Path, alerts: str) -> None:
    path = tmp_path / "central.toml"
    keys = (
        '[keys]\nsigning = "a"\nevidence = "b"\n[broker]\nhost = "h"\nauthority = "c"\ncertificate = "d"\nkey = "e"\n'
    )
    path.write_text(f"{keys}[alerts]\nquiet_from = 21:00:00\n")
    assert read_settings(path).alerts.quiet_from.hour == 21
    path.write_text(f"{keys}[alerts]\n{alerts}\n")
    with pytest.raises(SettingsError):
        read_settings(path)


def test_a_secret_that_others_can_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.write_text("abc\n")
    path.chmod(0o644)
    with pytest.raises(SettingsError):
        read_secret(path)
    path.chmod(0o600)
    assert read_secret(path) == "abc"
