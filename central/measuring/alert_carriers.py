"""How letters leave: by e-mail (SMTP) and as a signed webhook (HTTPS). Both block, and run on the alert post's thread.

Not here: what is written (`alert_words`), and trying again (`alert_post`).
"""

import hashlib
import hmac
import http.client
import smtplib
import ssl
from email.message import EmailMessage
from typing import Final, Protocol
from urllib.parse import urlsplit

import msgspec

from central.settings import MailSettings
from models.clock import Clock, to_unix_ms
from models.errors import ClassroomError

SECONDS: Final = 20.0
SIGNATURE: Final = "X-Classroom-Signature"
MOMENT: Final = "X-Classroom-Time"


class CarrierError(ClassroomError):
    """A letter could not be handed over. It stays and is tried again; look at the mail server or the webhook."""


class Letter(msgspec.Struct, frozen=True, kw_only=True):
    """One letter to one recipient, as it is stored until it is sent."""

    number: int
    school_id: str
    what: str
    recipient: str
    subject: str
    body: str


class Carrier(Protocol):
    """Takes letters out of the house."""

    def carry(self, letter: Letter) -> None:
        """Hand the letter over. Raises CarrierError."""


class SmtpCarrier:
    """E-mail. Each letter is a connection of its own: they are few."""

    def __init__(self, settings: MailSettings, password: str) -> None:
        self._settings = settings
        self._password = password

    def carry(self, letter: Letter) -> None:
        """Hand the letter to the mail server. Raises CarrierError."""
        said = self._settings
        message = EmailMessage()
        message["From"], message["To"], message["Subject"] = said.sender, letter.recipient, letter.subject
        message["Message-ID"] = f"<alert-{letter.number}.{said.sender}>"
        message.set_content(letter.body)
        try:
            with self._connect() as server:
                if said.security == "starttls":
                    server.starttls(context=ssl.create_default_context())
                if said.user:
                    server.login(said.user, self._password)
                server.send_message(message)
        except (OSError, smtplib.SMTPException) as error:
            raise CarrierError(f"The mail server {said.host} did not take a letter ({type(error).__name__}).") from None

    def _connect(self) -> smtplib.SMTP:
        said, own = self._settings, self._settings.sender.rpartition("@")[2]
        if said.security == "tls":
            context = ssl.create_default_context()
            return smtplib.SMTP_SSL(said.host, said.port, own, timeout=SECONDS, context=context)
        return smtplib.SMTP(said.host, said.port, own, timeout=SECONDS)


class WebhookCarrier:
    """POST of JSON. The signature is HMAC-SHA-256 over the time header, a full stop, and the body."""

    def __init__(self, url: str, secret: str, clock: Clock) -> None:
        self._url = urlsplit(url)
        self._secret = secret.encode("utf-8")
        self._clock = clock

    def carry(self, letter: Letter) -> None:
        """Post the letter; an answer of 200 to 299 counts. Raises CarrierError."""
        body = msgspec.json.encode(letter)
        moment = str(to_unix_ms(self._clock.now()))
        headers = {"Content-Type": "application/json", MOMENT: moment, SIGNATURE: sign(self._secret, moment, body)}
        host, port = self._url.hostname or "", self._url.port
        link: http.client.HTTPConnection
        if self._url.scheme == "https":
            link = http.client.HTTPSConnection(host, port, timeout=SECONDS, context=ssl.create_default_context())
        else:
            link = http.client.HTTPConnection(host, port, timeout=SECONDS)
        try:
            link.request(
                "POST", (self._url.path or "/") + (f"?{self._url.query}" if self._url.query else ""), body, headers
            )
            status = link.getresponse().status
        except (OSError, http.client.HTTPException) as error:
            raise CarrierError(f"The webhook at {host} did not answer ({type(error).__name__}).") from None
        finally:
            link.close()
        if not 200 <= status < 300:
            raise CarrierError(f"The webhook at {host} answered {status}.")


def sign(secret: bytes, moment: str, body: bytes) -> str:
    """The signature's header."""
    return "sha256=" + hmac.new(secret, moment.encode("ascii") + b"." + body, hashlib.sha256).hexdigest()
