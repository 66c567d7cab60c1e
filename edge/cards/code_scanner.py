"""A QR scanner in serial mode: one line of text per scan.

The source is whatever pyserial can open: a device (`/dev/ttyACM0`) or `socket://host:port`. What a text means is
`card_code`'s business. A scanner that acts as a keyboard needs none of this: the proctor's page takes its keys.
"""

import logging
import threading
from collections.abc import Callable

import serial

log = logging.getLogger(__name__)

_LONGEST_LINE = 2000
_RETRY_SECONDS = 1.0
_POLL_SECONDS = 0.2


class CodeScanner:
    """Reads lines ended by CR or LF in a thread of its own, and opens the source again whenever it is lost.

    `scanned` is called on that thread with the text of each line (UTF-8; other bytes are dropped).
    """

    def __init__(self, source: str, scanned: Callable[[str], None]) -> None:
        self._source = source
        self._scanned = scanned
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin to listen; a scanner that is not there yet is waited for."""
        self._thread = threading.Thread(target=self._run, name="code scanner", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop listening and wait for the thread."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        gone = False
        while not self._stopping.is_set():
            try:
                with serial.serial_for_url(self._source, baudrate=9600, timeout=_POLL_SECONDS) as port:
                    if gone:
                        log.info("The code scanner is back")
                    gone = False
                    self._listen(port)
            except (serial.SerialException, OSError) as error:
                if not gone:
                    log.warning(
                        "The code scanner is gone (%s); it is looked for again each second", type(error).__name__
                    )
                gone = True
                self._stopping.wait(_RETRY_SECONDS)

    def _listen(self, port: serial.Serial) -> None:
        line = bytearray()
        while not self._stopping.is_set():
            for byte in port.read(port.in_waiting or 1):
                if byte in b"\r\n":
                    self._give(line)
                    line.clear()
                elif len(line) < _LONGEST_LINE:
                    line.append(byte)

    def _give(self, line: bytearray) -> None:
        text = line.decode("utf-8", errors="ignore").strip()
        if text:
            self._scanned(text)
