"""A deed that cannot be undone asks for the person's own password once more.

Not here: signing in (`sign_in`).
"""

from fastapi import Request

from central.http.front_desk import FrontDesk
from central.http.passwords import TooBusyError
from central.http.problem_responses import Refusal
from central.http.sign_in import network_of
from central.http.visitors import Visitor
from central.registers import audit_log


def prove_again(desk: FrontDesk, request: Request, visitor: Visitor, password: str) -> None:
    """Go on when the password is the visitor's own; else a `Refusal`. Wrong tries count as those at the door do."""
    account, network = visitor.account, network_of(request)
    if not desk.attempts.allowed(account.login, network):
        raise Refusal(429, "TOO_MANY_TRIES", "Too many wrong tries. Wait a quarter of an hour.")
    try:
        right = desk.passwords.agrees(password, account.password_hash)
    except TooBusyError as error:
        raise Refusal(503, "BUSY", str(error)) from None
    if not right:
        desk.attempts.failed(account.login, network)
        with desk.database.writing() as connection:
            audit_log.write(
                connection, at=desk.clock.now(), actor=account.login, action="password refused", subject="session"
            )
        raise Refusal(401, "WRONG_PASSWORD", "The password is wrong.")
