"""Who is asking, and whether they may: the one place where a request meets the permission table.

Every route either names a permission through `Visitors.with_permission` or is declared public; a test walks through all
of them.
"""

from collections.abc import Callable
from typing import Final

import msgspec
from fastapi import Request

from central.database import Database
from central.http.problem_responses import Refusal
from central.registers import audit_log, staff_sessions
from central.registers.staff_accounts import Account
from central.registers.staff_sessions import LiveSession
from models.clock import Clock
from models.staff import Permission, may

COOKIE: Final = "__Host-sid"


class Visitor(msgspec.Struct, frozen=True, kw_only=True):
    """A signed-in person."""

    account: Account
    token: str

    def may(self, permission: Permission) -> bool:
        """Whether the person's role holds it."""
        return may(self.account.role, permission)

    @property
    def school_id(self) -> str | None:
        """The scope of every question about places, boxes and devices: the account's school, None for the province."""
        return self.account.school_id

    def may_see_room(self, room_id: str) -> bool:
        """Any room with the whole day; otherwise only the account's own."""
        if self.may(Permission.SEE_EXAM_DAY):
            return True
        return self.may(Permission.SEE_OWN_ROOM) and self.account.room_id == room_id


class Visitors:
    """Turns cookies into people."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def with_permission(self, *permissions: Permission) -> Callable[[Request], Visitor]:
        """A dependency for routes: the visitor who holds one of these, else 401 or an audited 403."""

        def visitor(request: Request) -> Visitor:
            found = self.find(request)
            if found is None:
                raise Refusal(401, "SIGN_IN_FIRST", "Sign in first.")
            if not any(found.may(permission) for permission in permissions):
                self.refuse(request, found)
            return found

        visitor.permissions = permissions  # type: ignore[attr-defined]  # read by the test that walks the routes
        return visitor

    def find(self, request: Request) -> Visitor | None:
        """The person behind a live session, whose time is renewed; None for everybody else."""
        token = request.cookies.get(COOKIE, "")
        live = self._live(token)
        if live is None:
            return None
        if live.note_due:
            with self._database.writing() as connection:
                staff_sessions.note_seen(connection, token, self._clock.now())
        return Visitor(account=live.account, token=token)

    def still_there(self, visitor: Visitor) -> bool:
        """Whether the session lives, without renewing it: an open page alone keeps nobody signed in."""
        return self._live(visitor.token) is not None

    def _live(self, token: str) -> LiveSession | None:
        if not token:
            return None
        with self._database.reading() as connection:
            return staff_sessions.find_live(connection, token, self._clock.now())

    def refuse(self, request: Request, visitor: Visitor) -> None:
        """Writes the refusal down and raises it."""
        route = request.scope.get("route")
        asked = getattr(route, "path", "")
        with self._database.writing() as connection:
            audit_log.write(
                connection,
                at=self._clock.now(),
                actor=visitor.account.login,
                action="refused",
                subject=f"{request.method} {asked}",
                role=visitor.account.role,
            )
        raise Refusal(403, "NOT_ALLOWED", "Your role does not include this.")
