"""What lets a thread that waits for a line be woken for something else: a command, the end."""

import os
import select


class Wake:
    """One descriptor to wait for beside another. Made by its owner's `start`, closed after the thread has ended."""

    def __init__(self) -> None:
        self._descriptor = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)

    def call(self) -> None:
        """From any thread: the present or the next wait ends at once."""
        os.eventfd_write(self._descriptor, 1)

    def wait(self, seconds: float) -> bool:
        """Whether it was called within so many seconds."""
        return self.wait_beside(None, seconds)[0]

    def wait_beside(self, other: int | None, seconds: float) -> tuple[bool, bool]:
        """Whether it was called, and whether the descriptor `other` has something to read (or broke)."""
        waiting = select.poll()
        waiting.register(self._descriptor, select.POLLIN)
        if other is not None:
            waiting.register(other, select.POLLIN)
        ready = {descriptor for descriptor, _ in waiting.poll(max(0.0, seconds) * 1000)}
        if self._descriptor in ready:
            os.eventfd_read(self._descriptor)
        return self._descriptor in ready, other in ready

    def pause_beside(self, other: int, seconds: float) -> None:
        """Lets so many seconds go by, whatever there is to read: fewer when it is called, or `other` breaks."""
        waiting = select.poll()
        waiting.register(self._descriptor, select.POLLIN)
        waiting.register(other, 0)  # only that it broke, which is always told
        waiting.poll(seconds * 1000)

    def close(self) -> None:
        """Lets the descriptor go."""
        os.close(self._descriptor)
