"""A count that rises with every change, and a way to wait for the next one."""

import threading


class Changes:
    """Any thread may note a change; any number of threads may wait for the next. Nothing is queued: only the count."""

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._number = 0

    @property
    def number(self) -> int:
        """How many changes there were so far."""
        with self._condition:
            return self._number

    def note(self) -> None:
        """Something that a page shows is different now."""
        with self._condition:
            self._number += 1
            self._condition.notify_all()

    def wait(self, since: int, timeout_seconds: float) -> int:
        """The count, as soon as it differs from `since` or when the time is over."""
        with self._condition:
            self._condition.wait_for(lambda: self._number != since, timeout_seconds)
            return self._number
