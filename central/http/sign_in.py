"""Coming in and going out: sign-in, first password with a one-time code, sign-out, language.

These are the only routes that somebody unknown may reach.
"""

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, RedirectResponse, Response
from pydantic import BaseModel, Field

from central.http.front_desk import FrontDesk
from central.http.passwords import TooBusyError, WeakPasswordError, refuse_weak
from central.http.problem_responses import Refusal
from central.http.visitors import COOKIE, Visitor
from central.pages.rendering import LANGUAGE_COOKIE
from central.registers import audit_log, staff_accounts, staff_sessions
from central.registers.staff_accounts import Account

_YEAR_SECONDS = 365 * 24 * 3600


class Name(BaseModel):
    """A sign-in name and a password."""

    login: str = Field(max_length=40)
    password: str = Field(max_length=256)


class FirstPassword(BaseModel):
    """A one-time code and the password that its owner chooses."""

    code: str = Field(max_length=40)
    password: str = Field(max_length=256)


class Language(BaseModel):
    """The language of the pages."""

    language: str = Field(pattern="^(vi|en)$")


def routes(desk: FrontDesk) -> APIRouter:
    """All routes that need no session."""
    router = APIRouter()

    @router.get("/sign-in")
    def sign_in_page(request: Request) -> Response:
        if desk.visitors.find(request) is not None:
            return RedirectResponse("/", 303)
        return desk.pages.answer(request, "sign_in.html")

    @router.get("/welcome")
    def welcome_page(request: Request) -> Response:
        return desk.pages.answer(request, "welcome.html")

    @router.post("/sign-in")
    def sign_in(request: Request, name: Name) -> Response:
        return _sign_in(desk, network_of(request), name)

    @router.post("/welcome")
    def first_password(request: Request, first: FirstPassword) -> Response:
        return _set_first_password(desk, network_of(request), first)

    @router.post("/sign-out")
    def sign_out(request: Request) -> Response:
        return _sign_out(desk, desk.visitors.find(request))

    @router.post("/language")
    def choose_language(chosen: Language) -> Response:
        answer = JSONResponse({"language": chosen.language})
        answer.set_cookie(LANGUAGE_COOKIE, chosen.language, max_age=_YEAR_SECONDS, samesite="strict", httponly=True)
        return answer

    @router.get("/health")
    def health() -> Response:
        return JSONResponse({"status": "storing" if desk.health.trouble is None else "not storing"})

    return router


def _sign_in(desk: FrontDesk, network: str, name: Name) -> Response:
    if not desk.attempts.allowed(name.login, network):
        raise Refusal(429, "TOO_MANY_TRIES", "Too many wrong tries. Wait a quarter of an hour.")
    with desk.database.reading() as connection:
        account = staff_accounts.find(connection, name.login)
    stored = account.password_hash if account and account.disabled_at is None else None
    try:
        right = desk.passwords.agrees(name.password, stored)
    except TooBusyError as error:
        raise Refusal(503, "BUSY", str(error)) from None
    if account is None or not right:
        desk.attempts.failed(name.login, network)
        _write(desk, account.login if account else "unknown", "sign-in refused")
        raise Refusal(401, "WRONG_NAME_OR_PASSWORD", "The name or the password is wrong.")
    desk.attempts.succeeded(name.login, network)
    return _open_session(desk, account, "signed in")


def _set_first_password(desk: FrontDesk, network: str, first: FirstPassword) -> Response:
    """A weak password uses up no code; the code becomes void in the transaction that stores the password."""
    if not desk.attempts.allowed(None, network):
        raise Refusal(429, "TOO_MANY_TRIES", "Too many wrong tries. Wait a quarter of an hour.")
    with desk.database.reading() as connection:
        owner = staff_accounts.owner_of_code(connection, first.code, desk.clock.now())
    if owner is None:
        desk.attempts.failed(None, network)
        raise Refusal(401, "WRONG_CODE", "The code is wrong, used, or older than 30 minutes.")
    try:
        refuse_weak(first.password, owner.login)
        hashed = desk.passwords.hash(first.password)
    except WeakPasswordError as error:
        raise Refusal(422, "WEAK_PASSWORD", str(error)) from None
    except TooBusyError as error:
        raise Refusal(503, "BUSY", str(error)) from None
    with desk.database.writing() as connection:
        account = staff_accounts.use_code(connection, first.code, desk.clock.now())
        if account is None:
            raise Refusal(401, "WRONG_CODE", "The code is wrong, used, or older than 30 minutes.")
        staff_accounts.set_password(connection, account.id, hashed)
        staff_sessions.end_all_of(connection, account.id, desk.clock.now())
    return _open_session(desk, account, "password set")


def _sign_out(desk: FrontDesk, visitor: Visitor | None) -> Response:
    if visitor is not None:
        with desk.database.writing() as connection:
            staff_sessions.end(connection, visitor.token, desk.clock.now())
        _write(desk, visitor.account.login, "signed out")
    answer = JSONResponse({"next": "/sign-in"})
    answer.delete_cookie(COOKIE, path="/", secure=True, httponly=True, samesite="strict")
    return answer


def network_of(request: Request) -> str:
    """The address of the caller; of IPv6 the network of one customer (/64)."""
    host = request.client.host if request.client else "unknown"
    return ":".join(host.split(":")[:4]) if ":" in host else host


def _open_session(desk: FrontDesk, account: Account, action: str) -> Response:
    with desk.database.writing() as connection:
        token = staff_sessions.start(connection, account.id, desk.clock.now())
    _write(desk, account.login, action)
    answer = JSONResponse({"next": "/"})
    answer.set_cookie(COOKIE, token, path="/", secure=True, httponly=True, samesite="strict")
    return answer


def _write(desk: FrontDesk, login: str, action: str) -> None:
    with desk.database.writing() as connection:
        audit_log.write(connection, at=desk.clock.now(), actor=login, action=action, subject="session")
