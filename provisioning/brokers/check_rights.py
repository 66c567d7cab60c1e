"""Proves a broker's rights by trying: who is let in, and what every role can say to whom. Judged by delivery alone.

A broker grants a subscription to `#` and, under MQTT 3.1.1, acknowledges a forbidden message: neither means anything.
So every role listens to everything, every role says every topic, and what arrives where is the finding. Not here: which
roles and topics a broker has (`central_rights`, `room_rights`).
"""

import queue
import threading
import time
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from typing import Final

import msgspec

from models.errors import ClassroomError
from models.wire.broker_session import Connected, Disconnected, PublishOutcome, PublishRefused, Refused, SessionState
from models.wire.mqtt_session import BrokerAddress, MqttSession, Pace

LET_IN: Final = "let in"
REFUSED: Final = "refused"
NOBODY: Final = "nobody"
_CONNECT_SECONDS: Final = 8.0
_STEP_SECONDS: Final = 0.01


class BrokerUnreachableError(ClassroomError):
    """A role that must get in does not: nothing can be proved. The message says which and why."""


class Role(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who may know the broker. `may_enter` says whether the broker must let them in."""

    name: str
    address: BrokerAddress
    client_id: str
    may_enter: bool = True


class Family(msgspec.Struct, frozen=True, kw_only=True):
    """Topics that are treated alike, shown by one of them; the names of the roles that may say it and hear it."""

    topic: str
    sayers: frozenset[str]
    hearers: frozenset[str]


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One row: `role` does `deed` on `topic`; `expected` and `found` are in the same words."""

    role: str
    deed: str
    topic: str
    expected: str
    found: str

    @property
    def holds(self) -> bool:
        """Whether the broker does what it must."""
        return self.expected == self.found


class Listener:
    """A role's session, which keeps all that the broker gives it."""

    def __init__(self, role: Role, filters: Sequence[str]) -> None:
        self.role = role
        self.heard: set[bytes] = set()
        self._states: queue.Queue[SessionState] = queue.Queue()
        self._in = threading.Event()
        self.session = MqttSession(role.address, role.client_id, filters, Pace(longest_wait_seconds=0.3))

    def start(self) -> None:
        """Begins to connect."""
        self.session.start(lambda _topic, payload: self.heard.add(payload), self._note)

    def wait_until_in(self) -> None:
        """A broker may throw a role out for a forbidden message; it is soon back. Raises BrokerUnreachableError."""
        if not self._in.wait(_CONNECT_SECONDS):
            raise BrokerUnreachableError(f"{self.role.name} lost its connection and does not get in again.")

    def say(self, topic: str, payload: bytes) -> None:
        """Hands a message over. Raises BrokerUnreachableError."""
        end = time.monotonic() + _CONNECT_SECONDS
        while self.session.publish(topic, payload) is not PublishOutcome.HANDED_OVER:
            if time.monotonic() > end:
                raise BrokerUnreachableError(f"{self.role.name} cannot say anything.")
            time.sleep(_STEP_SECONDS)

    def gets_in(self) -> tuple[bool, str]:
        """Whether the broker takes the session at the first answer, and the answer."""
        end = time.monotonic() + _CONNECT_SECONDS
        while (left := end - time.monotonic()) > 0:
            try:
                state = self._states.get(timeout=left)
            except queue.Empty:
                break
            match state:
                case Connected():
                    return True, ""
                case Disconnected() | Refused():
                    return False, state.reason
                case PublishRefused():
                    continue  # a filter was not granted: what it would have let through is found out below
        return False, "no answer"

    def _note(self, state: SessionState) -> None:
        self._states.put(state)
        match state:
            case Connected():
                self._in.set()
            case Disconnected() | Refused():
                self._in.clear()
            case PublishRefused():
                pass


def try_rights(roles: Sequence[Role], families: Sequence[Family], quiet_seconds: float = 1.0) -> list[Finding]:
    """What holds and what does not, in the order of roles and topics.

    `quiet_seconds` is how long after the last message silence counts as "nobody". Raises BrokerUnreachableError.
    """
    with ExitStack() as stack:
        inside, findings = [], []
        for role in roles:
            listener = Listener(role, ["#", *(family.topic for family in families)] if role.may_enter else [])
            stack.callback(listener.session.stop)
            findings.append(_try_to_enter(listener))
            if role.may_enter:
                inside.append(listener)
        for family in families:
            for sayer in inside:
                _try_to_say(inside, sayer, family)
        time.sleep(quiet_seconds)
        for family in families:
            findings += [_what_was_said(inside, sayer, family) for sayer in inside]
            findings += [_what_was_heard(inside, listener, family) for listener in inside if family.sayers]
    return findings


def _try_to_enter(listener: Listener) -> Finding:
    role = listener.role
    listener.start()
    let_in, reason = listener.gets_in()
    if role.may_enter and not let_in:
        raise BrokerUnreachableError(f"{role.name} is not let in ({reason}). Nothing can be proved.")
    expected = LET_IN if role.may_enter else REFUSED
    return Finding(role=role.name, deed="enters", topic="", expected=expected, found=LET_IN if let_in else REFUSED)


def _try_to_say(inside: Sequence[Listener], sayer: Listener, family: Family) -> None:
    """Says it, and waits for those who must hear it; who else hears it is looked at in the end."""
    for listener in inside:
        listener.wait_until_in()
    token = _token(family, sayer.role)
    sayer.say(family.topic, token)
    awaited = [listener for listener in inside if listener.role.name in _expected_hearers(sayer.role, family)]
    end = time.monotonic() + _CONNECT_SECONDS
    while any(token not in listener.heard for listener in awaited) and time.monotonic() < end:
        time.sleep(_STEP_SECONDS)


def _what_was_said(inside: Sequence[Listener], sayer: Listener, family: Family) -> Finding:
    token = _token(family, sayer.role)
    expected = _named(_expected_hearers(sayer.role, family))
    found = _named(listener.role.name for listener in inside if token in listener.heard)
    return Finding(
        role=sayer.role.name, deed="says", topic=family.topic, expected=f"to {expected}", found=f"to {found}"
    )


def _what_was_heard(inside: Sequence[Listener], listener: Listener, family: Family) -> Finding:
    tokens = {_token(family, sayer.role) for sayer in inside if sayer.role.name in family.sayers}
    return Finding(
        role=listener.role.name,
        deed="hears",
        topic=family.topic,
        expected="yes" if listener.role.name in family.hearers else "no",
        found="yes" if tokens & listener.heard else "no",
    )


def _expected_hearers(sayer: Role, family: Family) -> frozenset[str]:
    return family.hearers if sayer.name in family.sayers else frozenset()


def _token(family: Family, sayer: Role) -> bytes:
    return f"rights check: {sayer.name} says {family.topic}".encode()


def _named(names: Iterable[str]) -> str:
    return ", ".join(sorted(names)) or NOBODY


def as_table(findings: Sequence[Finding]) -> str:
    """The findings for a terminal: one row each, what does not hold is marked."""
    rows = [("vai · role", "việc · deed", "chủ đề · topic", "phải · expected", "thấy · found", "")]
    rows += [
        (row.role, row.deed, row.topic, row.expected, row.found, "" if row.holds else "<-- SAI · WRONG")
        for row in findings
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(5)]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, [*widths, 0], strict=True)).rstrip() for row in rows
    ]
    wrong = sum(not row.holds for row in findings)
    lines.append(f"{len(findings)} phép thử, {wrong} sai. {len(findings)} trials, {wrong} wrong.")
    return "\n".join(lines)
