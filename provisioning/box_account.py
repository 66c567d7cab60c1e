"""Root does nothing in a folder that belongs to somebody else: a child that is that account for good does all of it.

The folder's owner may exchange any file or folder in it at any moment, so whatever root read, wrote or started there
would be done by the owner's wish. Only one deed that was named beforehand stays with root (systemctl); the child can
ask for it, once and without words of its own. Not here: what is done (the errands).
"""

import contextlib
import os
import pwd
import selectors
import signal
import socket
import sys
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType
from typing import Final, NamedTuple

from models.errors import ClassroomError

_COULD_NOT: Final = 2
_PLEASE: Final = b"please"
_DONE: Final = b"done"
_ONLY_ONCE: Final = b"this was done once already"
_LONGEST: Final = 4096
_ENDS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class DeedFailedError(ClassroomError):
    """What root was to do did not work; the sentence is that of its error."""


class _Account(NamedTuple):
    """Who a child becomes; `name` is None for a number that no account has."""

    user: int
    group: int
    name: str | None
    home: str


def nothing() -> None:
    """No deed for root."""


def as_owner(folder: Path, work: Callable[[Callable[[], None]], int], deed: Callable[[], None] = nothing) -> int:
    """Does `work` as the account that could change `folder` (also by a folder above it), and returns its status.

    `work` is given what it calls to have `deed` done: by root, when this program is root. Only root becomes somebody
    else, and only where the folder or the way to it is not root's alone; then `work` runs in a child and its errors
    are told there. Raises what `work` raises otherwise.
    """
    account = _account_over(folder.absolute()) if os.geteuid() == 0 else None
    if account is None:
        return work(deed)
    sys.stdout.flush()
    sys.stderr.flush()
    ours, childs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    unblocked = signal.pthread_sigmask(signal.SIG_BLOCK, _ENDS)
    child = os.fork()
    if child == 0:
        ours.close()
        signal.pthread_sigmask(signal.SIG_SETMASK, unblocked)
        os._exit(_live_as(account, work, childs))
    childs.close()
    with ours, _ends_go_to(child) as woken:
        signal.pthread_sigmask(signal.SIG_SETMASK, unblocked)
        _stand_by(ours, woken, deed)
        _, how = os.waitpid(child, 0)
    status = os.waitstatus_to_exitcode(how)
    return status if status >= 0 else _COULD_NOT


def _account_over(folder: Path) -> _Account | None:
    """The owner of the folder; where that is root, of the nearest folder above it that is somebody else's."""
    for place in _way_to(folder):
        try:
            seen = place.lstat()
        except (FileNotFoundError, NotADirectoryError):
            continue
        if seen.st_uid != 0:
            return _account(seen)
    return None


def _way_to(folder: Path) -> Iterator[Path]:
    yield from (folder, *folder.parents)
    there = folder.resolve()
    yield from (there, *there.parents)


def _account(seen: os.stat_result) -> _Account:
    try:
        known = pwd.getpwuid(seen.st_uid)
    except KeyError:
        return _Account(user=seen.st_uid, group=seen.st_gid or seen.st_uid, name=None, home="/")
    return _Account(user=known.pw_uid, group=known.pw_gid, name=known.pw_name, home=known.pw_dir)


def _live_as(account: _Account, work: Callable[[Callable[[], None]], int], root: socket.socket) -> int:
    """The child: `work`'s status, its errors told."""
    try:
        _become(account)
        return work(lambda: _ask(root))
    except ClassroomError as error:
        sys.stderr.write(f"{error}\n")
        return _COULD_NOT
    except BaseException:  # noqa: BLE001 - the outermost frame of a process: nothing may return into the parent's
        traceback.print_exc()
        return _COULD_NOT
    finally:
        sys.stdout.flush()
        sys.stderr.flush()


def _become(account: _Account) -> None:
    """For good: real, effective and saved. In a session of its own, so that it cannot type into root's terminal."""
    os.setsid()
    if account.name is None:
        os.setgroups([])
    else:
        os.initgroups(account.name, account.group)
    os.setresgid(account.group, account.group, account.group)
    os.setresuid(account.user, account.user, account.user)
    os.environ["HOME"] = account.home


def _ask(root: socket.socket) -> None:
    root.sendall(_PLEASE)
    answer = root.recv(_LONGEST)
    if answer != _DONE:
        raise DeedFailedError(answer.decode("utf-8", "replace"))


def _done(deed: Callable[[], None]) -> bytes:
    try:
        deed()
    except ClassroomError as error:
        return str(error).encode()[:_LONGEST]
    return _DONE


def _stand_by(child: socket.socket, woken: socket.socket, deed: Callable[[], None]) -> None:
    """Until the child is gone: its end of the socket closes with it. The deed is done at the first asking only."""
    done = False
    with selectors.DefaultSelector() as waiting:
        for place in (child, woken):
            waiting.register(place, selectors.EVENT_READ)
        while True:
            ready = [key.fileobj for key, _ in waiting.select()]
            if woken in ready:
                woken.recv(_LONGEST)
            if child not in ready:
                continue
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                if child.recv(_LONGEST) == _PLEASE:
                    child.sendall(_ONLY_ONCE if done else _done(deed))
                    done = True
                    continue
            return


@contextlib.contextmanager
def _ends_go_to(child: int) -> Iterator[socket.socket]:
    """The child has a session of its own: an end that was meant for both is passed on.

    Gives the socket that a signal makes readable: one that comes between Python's last look and a wait in the kernel
    would otherwise lie there for as long as the wait lasts.
    """

    def pass_on(number: int, _: FrameType | None) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(child, number)

    woken, wakes = socket.socketpair()
    with woken, wakes:
        wakes.setblocking(False)
        before = {number: signal.signal(number, pass_on) for number in _ENDS}
        fd = signal.set_wakeup_fd(wakes.fileno(), warn_on_full_buffer=False)
        try:
            yield woken
        finally:
            signal.set_wakeup_fd(fd)
            for number, old in before.items():
                signal.signal(number, old)
