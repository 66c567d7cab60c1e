"""Rules of the house that no general checker knows; each finds its offenders in the syntax tree."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from tests.builders import checkout

# A broad catch stands only at the outermost loop of a thread. "path:function" -> why nothing narrower will do.
BROAD_CATCHES = {
    "edge/agent.py:_survive": "the desk must stop visibly and go on, not freeze with a dead thread behind it",
    "edge/card_worker.py:_judged_or_not_read": "a chip that breaks our judgement is unreadable; the desk must hear",
    "central/http/server.py:_serve": "pages that cannot be reached say so by themselves; ingest goes on",
    "central/admission_entry.py:admission_of": "a judgement that fails must not hold up the chain behind its event",
    "central/authority_post.py:_listen": "without the authority's words everything else goes on, and the pages say so",
    "central/ingest.py:_suspect": "setting a bad message apart must not end the only writer",
    "central/ingest.py:_write": "the only writer: a message that nobody foresaw is set apart, the next one is heard",
    "central/measuring/alert_post.py:_run": "letters wait for the next round; the boxes' rows are stored all the same",
    "central/measuring/writer.py:_suspect": "passing over a bad message must not end the only writer of measurements",
    "central/measuring/writer.py:_write": "as in central/ingest.py: the next message is heard",
    "edge/cards/card_watch.py:_run": "the waiting loop for cards must outlive whatever a driver does",
    "edge/cards/card_watch.py:_work": "a reading that ends in a fault of ours must still be told to the desk",
    "edge/equipment_watch/listener.py:_run": "the watch's only thread: the next message and the exam beside it go on",
    "edge/face_worker.py:_run": "without a comparison a person compares; the desk must not wait for ever",
    "edge/faces/opencv_camera.py:_read_until_stopped": "a camera driver's surprise closes and opens the camera again",
    "edge/station/live_feed.py:_watch": "pages notice the missing heartbeat and say so",
    "edge/station/server.py:_serve": "a page that cannot be reached says so by itself; check-in goes on",
    "edge/uplink.py:_run": "check-in goes on without the wire; the outbox keeps what was not sent",
    "firmware_bridge/cart/charging_cart.py:_read": "the fault of one headset's reading is told and ends no other",
    "firmware_bridge/port_desk.py:_run": "the next caller is heard, whatever came of one; its loan has ended",
    "firmware_bridge/supervisor.py:_once": "whatever a driver does closes its own line and no other",
    "models/wire/mqtt_reader.py:_live": "the outermost frame of the session's thread, which would die without a word",
    "models/wire/mqtt_reader.py:_tell": "as above",
    "models/wire/mqtt_session.py:_deliver": "runs on paho's thread, which would die without a word",
    "models/wire/mqtt_session.py:_tell": "as above",
    "provisioning/authority/http/server.py:_serve": "whoever asks gets no answer and says so; systemd starts it again",
    "provisioning/authority/http/ticker.py:_run": "one failed round of daily work must not end the next",
    "provisioning/box_account.py:_live_as": "a child process: its parent's code must never run on in it",
    "provisioning/device/caretaker.py:_attend_whatever_happens": "the caretaker's only thread: the next round may work",
}

TAKES_NO_PARAMETERS = ("PRAGMA ", "CREATE ", "ALTER ", "DROP ")  # words of definitions, with names of our own in them
SECRET_WORDS = frozenset(("password", "secret", "mac", "hmac", "cookie"))


def _where(path: Path, node: ast.AST) -> str:
    return f"{path}:{getattr(node, 'lineno', 1)}"


def _calls(*folders: str) -> Iterator[tuple[Path, ast.Call, str]]:
    """Every call with the last word of what is called."""
    for path in checkout.python_files(*folders):
        for node in ast.walk(checkout.tree(path)):
            match node:
                case ast.Call(func=ast.Name(id=name)) | ast.Call(func=ast.Attribute(attr=name)):
                    yield path, node, name


def _keyword(call: ast.Call, name: str) -> ast.expr | None:
    return next((keyword.value for keyword in call.keywords if keyword.arg == name), None)


# ---- tests stand on fakes, never on patches ----


def test_no_test_uses_mocks_or_replaces_attributes() -> None:
    found = [
        _where(path, node)
        for path in checkout.python_files("tests")
        for node in ast.walk(checkout.tree(path))
        if _imports_a_mock(node) or _patches(node)
    ]
    assert not found, "give the code a port and a fake from tests/fakes instead"


def _imports_a_mock(node: ast.AST) -> bool:
    match node:
        case ast.Import(names=names):
            modules = [name.name for name in names]
        case ast.ImportFrom(module=str(module), names=names):
            modules = [module, *(f"{module}.{name.name}" for name in names)]
        case _:
            return False
    return any(module in {"mock", "unittest.mock"} for module in modules)


def _patches(node: ast.AST) -> bool:
    match node:
        case ast.Attribute(value=ast.Name(id="monkeypatch" | "mocker"), attr="setattr" | "delattr" | "patch"):
            return True
        case _:
            return False


# ---- an excuse carries its reason ----


def excuses_without_reason(source: str) -> list[int]:
    """Numbers of the lines that silence a checker without a code or without saying why."""
    found = []
    for number, line in enumerate(source.splitlines(), start=1):
        comment = re.search(r"#\s*(noqa\b|type:\s*ignore\b)(.*)", line)
        if not comment:
            continue
        said = re.match(r"(?::\s*[A-Z]+[0-9]+(?:,\s*[A-Z]+[0-9]+)*|\[[\w-]+(?:,\s*[\w-]+)*\])(.*)", comment.group(2))
        if not said or len(re.findall(r"[^\W\d]{2,}", said.group(1))) < 2:
            found.append(number)
    return found


def test_every_silenced_check_says_why() -> None:
    bare = [
        f"{path}:{number}"
        for path in checkout.python_files()
        if path != Path("tests/repository/test_house_rules.py")
        for number in excuses_without_reason(checkout.text(path))
    ]
    assert not bare, f"name the rule and the reason in the same line: {bare}"


def test_the_search_for_excuses_sees_what_it_should() -> None:
    assert excuses_without_reason("x = 1  # noqa") == [1]
    assert excuses_without_reason("x = 1  # noqa: S603") == [1]
    assert excuses_without_reason("x = 1  # type: ignore[attr-defined]") == [1]
    assert excuses_without_reason("x = 1  # noqa: S603, S607") == [1]
    assert not excuses_without_reason("x = 1  # noqa: S603 - a program of ours, by name")
    assert not excuses_without_reason("x = 1  # type: ignore[misc]  # the library has no types")


# ---- errors are caught narrowly ----


def test_broad_catches_stand_only_where_the_list_above_allows_them() -> None:
    found = {
        f"{path}:{function.name}"
        for path in checkout.python_files(*checkout.ROOMS, "benchmarks")
        for function in ast.walk(checkout.tree(path))
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        for node in ast.walk(function)
        if isinstance(node, ast.ExceptHandler) and _is_broad(node.type) and not _passes_on(node)
    }
    assert sorted(found - set(BROAD_CATCHES)) == [], (
        "only the outermost loop of a thread catches everything; say why above"
    )
    assert sorted(set(BROAD_CATCHES) - found) == [], "these catch nothing broad any more: take them from the list"


def _passes_on(handler: ast.ExceptHandler) -> bool:
    """Tidies up and raises the same error again: nothing is swallowed."""
    last = handler.body[-1]
    return isinstance(last, ast.Raise) and last.exc is None


def _is_broad(caught: ast.expr | None) -> bool:
    match caught:
        case None:
            return True
        case ast.Name(id="Exception" | "BaseException"):
            return True
        case ast.Tuple(elts=parts):
            return any(_is_broad(part) for part in parts)
        case _:
            return False


# ---- rules of our own ----


def test_no_certificate_check_is_switched_off() -> None:
    found = [
        _where(path, node)
        for path in checkout.python_files()
        for node in ast.walk(checkout.tree(path))
        if _trusts_anyone(node) and (path.parts[0] != "tests" or isinstance(node, ast.keyword))
    ]
    assert not found


def _trusts_anyone(node: ast.AST) -> bool:
    match node:
        case ast.keyword(arg="verify", value=ast.Constant(value=False)):
            return True
        case ast.Attribute(attr="CERT_NONE" | "tls_insecure_set" | "_create_unverified_context"):
            return True
        case _:
            return False


def test_no_value_is_written_into_the_text_of_a_statement() -> None:
    found = [
        _where(path, call)
        for path, call, name in _calls(*checkout.ROOMS, "benchmarks")
        if name in ("execute", "executemany", "executescript", "exec_driver_sql", "text", "query")
        and call.args
        and _is_assembled(call.args[0])
    ]
    assert not found, "pass values as parameters"


def _is_assembled(statement: ast.expr) -> bool:
    match statement:
        case ast.JoinedStr(values=[ast.Constant(value=str(opening)), *_]) if opening.startswith(TAKES_NO_PARAMETERS):
            return False
        case ast.JoinedStr(values=parts):
            return any(isinstance(part, ast.FormattedValue) for part in parts)
        case ast.BinOp(op=ast.Mod() | ast.Add(), left=ast.Constant(value=str())):
            return True
        case ast.Call(func=ast.Attribute(value=ast.Constant(value=str()), attr="format")):
            return True
        case _:
            return False


def test_no_instant_is_without_its_zone() -> None:
    found = []
    for path, call, name in _calls():
        on_datetime = isinstance(call.func, ast.Attribute) and ast.unparse(call.func.value).endswith("datetime")
        if on_datetime and (
            name in ("utcnow", "utcfromtimestamp", "today")
            or (name == "now" and not call.args and not _keyword(call, "tz"))
            or (name == "fromtimestamp" and len(call.args) < 2 and not _keyword(call, "tz"))
        ):
            found.append(_where(path, call))
    assert not found, "say datetime.now(UTC), or ask the Clock"


def test_secrets_are_compared_in_constant_time() -> None:
    found = []
    for path in checkout.python_files(*checkout.ROOMS):
        for node in ast.walk(checkout.tree(path)):
            if isinstance(node, ast.Compare) and any(isinstance(op, ast.Eq | ast.NotEq) for op in node.ops):
                names = [ast.unparse(side) for side in (node.left, *node.comparators) if not isinstance(side, ast.Call)]
                if any(SECRET_WORDS.intersection(checkout.words_of(name)) for name in names):
                    found.append(_where(path, node))
    assert not found, "use hmac.compare_digest"
