"""The way to the provisioning authority: JSON over TLS 1.3, answers as structs. The only file that knows httpx.

Not here: what is asked (`models.enrollment`), and serving it (`provisioning.authority`).
"""

import ssl
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Final, Self, TypeVar

import httpx
import msgspec

from models.enrollment import AuthorityRefusal
from models.errors import ClassroomError
from models.wire.server_trust import server_context

T = TypeVar("T")

SECONDS: Final = 15.0
LARGEST_ANSWER_BYTES: Final = 32 * 1024 * 1024


class AuthorityUnreachableError(ClassroomError):
    """The authority does not answer, or not as it should. Look at the network, then try again."""


class WrongAuthorityError(AuthorityUnreachableError):
    """Somebody else answers at the authority's address. Do not go on; tell the province's IT."""


class RefusedByAuthorityError(ClassroomError):
    """The authority answered no; `refusal` holds its code and its sentence."""

    def __init__(self, refusal: AuthorityRefusal) -> None:
        super().__init__(refusal.sentence)
        self.refusal = refusal


class AuthorityLine:
    """One connection, kept open. `make_context` is asked for each connection, so that a renewed certificate is used.

    `address` is `host:port`. Not safe for several threads at once.
    """

    def __init__(self, address: str, make_context: Callable[[], ssl.SSLContext], seconds: float = SECONDS) -> None:
        self._client = httpx.Client(
            base_url=f"https://{address}", verify=make_context(), timeout=seconds, trust_env=False, http2=False
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Ends the connection."""
        self._client.close()

    def get(self, path: str, answer: type[T]) -> T:
        """What stands at `path`. Raises RefusedByAuthorityError or AuthorityUnreachableError."""
        return self._read(self._ask("GET", path, None), answer)

    def post(self, path: str, question: msgspec.Struct, answer: type[T]) -> T:
        """The answer to `question`. Raises RefusedByAuthorityError or AuthorityUnreachableError."""
        return self._read(self._ask("POST", path, question), answer)

    def put(self, path: str, question: msgspec.Struct, answer: type[T]) -> T:
        """The answer to `question`. Raises RefusedByAuthorityError or AuthorityUnreachableError."""
        return self._read(self._ask("PUT", path, question), answer)

    def fetch(self, path: str, most_bytes: int) -> bytes:
        """The bytes at `path`, at most so many. Raises RefusedByAuthorityError or AuthorityUnreachableError."""
        try:
            with self._client.stream("GET", path) as response:
                content = bytearray()
                for piece in response.iter_bytes():
                    content += piece
                    if len(content) > most_bytes:
                        raise AuthorityUnreachableError(f"The authority sends more than {most_bytes} bytes. Tell IT.")
        except httpx.HTTPError as error:
            raise _unreachable(error) from None
        if response.status_code >= 400:
            raise _refused(response.status_code, bytes(content))
        return bytes(content)

    def pieces(self, path: str) -> Iterator[bytes]:
        """The bytes at `path` as they come; who asks counts them. Raises as `fetch`, also between two pieces."""
        try:
            with self._client.stream("GET", path) as response:
                if response.status_code >= 400:
                    raise _refused(response.status_code, b"".join(islice(response.iter_bytes(4096), 16)))
                yield from response.iter_bytes()
        except httpx.HTTPError as error:
            raise _unreachable(error) from None

    def _ask(self, method: str, path: str, question: msgspec.Struct | None) -> httpx.Response:
        content = None if question is None else msgspec.json.encode(question)
        try:
            return self._client.request(
                method, path, content=content, headers={"Content-Type": "application/json"} if content else None
            )
        except httpx.HTTPError as error:
            raise _unreachable(error) from None

    def _read(self, response: httpx.Response, answer: type[T]) -> T:
        if response.status_code >= 400:
            raise _refused(response.status_code, response.content)
        if len(response.content) > LARGEST_ANSWER_BYTES:
            raise AuthorityUnreachableError("The authority's answer is too large. Tell the province's IT.")
        try:
            return msgspec.json.decode(response.content, type=answer)
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise AuthorityUnreachableError(
                "The authority answers in another version's words. Update this machine, then try again."
            ) from None


def mutual_tls(authorities: Path, certificate: Path, key: Path) -> ssl.SSLContext:
    """TLS 1.3 that trusts only `authorities` and shows `certificate` (PEM files). Raises AuthorityUnreachableError."""
    context = trusting(authorities)
    try:
        context.load_cert_chain(certificate, key)
    except (OSError, ssl.SSLError) as error:
        raise AuthorityUnreachableError(
            f"The certificate {certificate.name} or its key cannot be used ({error}). Enrol the machine again."
        ) from None
    return context


def trusting(authorities: Path) -> ssl.SSLContext:
    """TLS 1.3 that trusts only servers under the certificates in this PEM file. Raises AuthorityUnreachableError."""
    try:
        return server_context(authorities)
    except (OSError, ssl.SSLError) as error:
        raise AuthorityUnreachableError(f"{authorities.name} holds no certificates to trust ({error}).") from None


def certificate_served_at(address: str, seconds: float = SECONDS) -> bytes:
    """The TLS certificate (DER) shown at `host:port`, trusted by nobody yet. Raises AuthorityUnreachableError."""
    host, _, port = address.rpartition(":")
    try:
        pem = ssl.get_server_certificate((host.strip("[]"), int(port)), timeout=seconds)
    except (OSError, ValueError) as error:
        raise AuthorityUnreachableError(
            f"Nobody answers at {address} ({error}). Look at the cable and the address, then try again."
        ) from None
    return ssl.PEM_cert_to_DER_cert(pem)


def only_this_server(certificate_der: bytes) -> ssl.SSLContext:
    """TLS 1.3 to a server known by nothing but the certificate that it proved itself to own with the code."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.check_hostname = False
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    context.load_verify_locations(cadata=ssl.DER_cert_to_PEM_cert(certificate_der))
    return context


def _unreachable(error: httpx.HTTPError) -> AuthorityUnreachableError:
    if "CERTIFICATE_VERIFY_FAILED" in str(error):
        return WrongAuthorityError("Somebody else answers at the authority's address. Stop and tell the province's IT.")
    return AuthorityUnreachableError(
        f"The authority does not answer ({type(error).__name__}). Look at the network, then try again."
    )


def _refused(status: int, content: bytes) -> ClassroomError:
    try:
        return RefusedByAuthorityError(msgspec.json.decode(content, type=AuthorityRefusal))
    except (msgspec.DecodeError, UnicodeDecodeError):
        return AuthorityUnreachableError(f"The authority answered with status {status}. Try again, then tell IT.")
