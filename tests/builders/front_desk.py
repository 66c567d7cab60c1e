"""Central's web application over a test store, and people who are signed in without a password."""

import asyncio

import httpx
from starlette.types import ASGIApp

from central.authority_office import AuthorityOffice
from central.authority_post import AuthorityHealth
from central.command_post import CommandPost
from central.database import Database
from central.http.application import build_application, routers
from central.http.attempts import Attempts
from central.http.front_desk import FrontDesk
from central.http.passwords import Passwords
from central.http.visitors import COOKIE, Visitors
from central.ingest import IngestHealth
from central.live_feed import LiveFeed
from central.pages.rendering import Pages
from central.registers import staff_accounts, staff_sessions
from central.registers.staff_accounts import Account
from models.identifiers import RoomId
from models.staff import Role
from tests.builders.centre import Centre
from tests.fakes.remembered_news import RememberedNews

BASE = "https://school.test"
SAME_SITE = {"Sec-Fetch-Site": "same-origin", "Origin": BASE}
PASSWORD = "bốn con mèo xanh"


class StraightToTheApplication(httpx.BaseTransport):
    """Hands requests to the application without a network."""

    def __init__(self, application: ASGIApp) -> None:
        self._transport = httpx.ASGITransport(application)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        return asyncio.run(self._ask(request))

    async def _ask(self, request: httpx.Request) -> httpx.Response:
        content = request.read() if isinstance(request.stream, httpx.SyncByteStream) else b""
        again = httpx.Request(request.method, request.url, headers=request.headers, content=content)
        answer = await self._transport.handle_async_request(again)
        return httpx.Response(answer.status_code, headers=answer.headers, content=await answer.aread())


class Reception:
    """The application of a centre. `visit` gives a browser without pictures: a client with somebody's cookie."""

    def __init__(
        self, centre: Centre, authority: AuthorityOffice | None = None, measurements: Database | None = None
    ) -> None:
        self.centre = centre
        self.authority_health = AuthorityHealth()
        self.news = RememberedNews()
        self.live_feed = LiveFeed()
        self.health = IngestHealth(broker="connected")
        self.desk = FrontDesk(
            database=centre.database,
            measurements=measurements or Database("sqlite://"),  # closed: pages about devices answer 503
            clock=centre.clock,
            pages=Pages(),
            visitors=Visitors(centre.database, centre.clock),
            passwords=Passwords(),
            attempts=Attempts(centre.clock),
            live_feed=self.live_feed,
            health=self.health,
            authority=authority,
            authority_health=self.authority_health,
            news=self.news,
            commands=CommandPost(signing_key=centre.signing_key),
        )
        self.application = build_application(self.desk)
        self.routes = [route for router in routers(self.desk) for route in router.routes]

    def account(
        self, role: Role, login: str | None = None, room: str | None = None, school: str | None = None
    ) -> Account:
        name = login or role.value
        with self.centre.database.writing() as connection:
            known = staff_accounts.find(connection, name)
            return known or staff_accounts.create(
                connection,
                login=name,
                display_name=f"Người {name}",
                role=role,
                room_id=RoomId(room or "P101") if role is Role.PROCTOR else None,
                school_id=school,
                at=self.centre.clock.now(),
            )

    def visit(
        self,
        role: Role | None = None,
        *,
        login: str | None = None,
        school: str | None = None,
        accept: str = "text/html",
    ) -> httpx.Client:
        straight = StraightToTheApplication(self.application)
        client = httpx.Client(transport=straight, base_url=BASE, headers={"Accept": accept})
        if role is not None:
            account = self.account(role, login or (f"{role.value}-{school.lower()}" if school else None), school=school)
            with self.centre.database.writing() as connection:
                token = staff_sessions.start(connection, account.id, self.centre.clock.now())
            client.cookies.set(COOKIE, token)
        return client
