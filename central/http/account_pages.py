"""Accounts of people: made and closed by the administrator; a one-time code is shown once, in the answer only."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, Field

from central.http.front_desk import FrontDesk
from central.http.problem_responses import Refusal
from central.http.visitors import Visitor
from central.registers import audit_log, place_register, staff_accounts, staff_sessions
from central.registers.staff_accounts import Account, AccountError
from models.errors import BadInputError
from models.identifiers import parse_room_id
from models.staff import Permission, Role


class NewAccount(BaseModel):
    """What the administrator says about a new person."""

    login: str = Field(max_length=40)
    display_name: str = Field(max_length=80)
    role: Role
    room_id: str = Field(default="", max_length=63)
    school_id: str = Field(default="", max_length=63)
    """For IT staff and principals of one school; empty is the whole province."""


def routes(desk: FrontDesk) -> APIRouter:
    """Routes for the administrator alone."""
    router = APIRouter()
    keeper = desk.visitors.with_permission(Permission.KEEP_ACCOUNTS)

    @router.get("/accounts")
    def accounts(request: Request, visitor: Annotated[Visitor, Depends(keeper)]) -> Response:
        with desk.database.reading() as connection:
            rows = staff_accounts.list_accounts(connection)
            schools = place_register.list_schools(connection, None)
        return desk.pages.answer(
            request,
            "accounts.html",
            visitor=visitor,
            rows=rows,
            schools=schools,
            roles=list(Role),
            now=desk.clock.now(),
            health=desk.health,
        )

    @router.post("/accounts", status_code=201)
    def create(new: NewAccount, visitor: Annotated[Visitor, Depends(keeper)]) -> Response:
        now = desk.clock.now()
        try:
            room_id = parse_room_id(new.room_id) if new.room_id else None
            with desk.database.writing() as connection:
                account = staff_accounts.create(
                    connection,
                    login=new.login,
                    display_name=new.display_name,
                    role=new.role,
                    room_id=room_id,
                    school_id=new.school_id or None,
                    at=now,
                )
                code = staff_accounts.make_code(connection, account.id, now)
                audit_log.write(
                    connection,
                    at=now,
                    actor=visitor.account.login,
                    action="account made",
                    subject=account.login,
                    role=account.role,
                    school=account.school_id or "",
                )
        except AccountError as error:
            raise Refusal(409, "ACCOUNT_NOT_MADE", str(error)) from None
        except BadInputError as error:
            raise Refusal(422, "BAD_INPUT", str(error)) from None
        return JSONResponse({"login": account.login, "code": code}, 201)

    @router.post("/accounts/{account_id}/code")
    def new_code(account_id: int, visitor: Annotated[Visitor, Depends(keeper)]) -> Response:
        now = desk.clock.now()
        with desk.database.writing() as connection:
            account = _open_account(staff_accounts.get(connection, account_id))
            code = staff_accounts.make_code(connection, account.id, now)
            audit_log.write(connection, at=now, actor=visitor.account.login, action="code made", subject=account.login)
        return JSONResponse({"login": account.login, "code": code})

    @router.post("/accounts/{account_id}/close")
    def close(account_id: int, visitor: Annotated[Visitor, Depends(keeper)]) -> Response:
        now = desk.clock.now()
        with desk.database.writing() as connection:
            account = _open_account(staff_accounts.get(connection, account_id))
            if account.id == visitor.account.id:
                raise Refusal(409, "OWN_ACCOUNT", "Another administrator must close your account.")
            staff_accounts.disable(connection, account.id, now)
            staff_sessions.end_all_of(connection, account.id, now)
            audit_log.write(
                connection, at=now, actor=visitor.account.login, action="account closed", subject=account.login
            )
        return JSONResponse({"login": account.login})

    return router


def _open_account(account: Account | None) -> Account:
    if account is None or account.disabled_at is not None:
        raise Refusal(404, "NOT_HERE", "There is no such open account.")
    return account
