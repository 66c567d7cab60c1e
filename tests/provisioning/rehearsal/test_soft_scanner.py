"""The virtual QR scanner, heard through the library with which a box listens."""

from collections.abc import Iterator

import pytest
import serial

from provisioning.rehearsal.soft_scanner import ScannerPortTakenError, SoftScanner

TEXT = "022308000001||Nguyễn Thị Thu Hà|03092008|Nữ|Thôn 3, Quảng Ninh|02112022"


@pytest.fixture
def scanner() -> Iterator[SoftScanner]:
    soft = SoftScanner()
    soft.start()
    yield soft
    soft.stop()


def test_a_listening_box_hears_the_text_and_a_carriage_return(scanner: SoftScanner) -> None:
    with serial.serial_for_url(f"socket://127.0.0.1:{scanner.port}", timeout=30) as box:
        while scanner.scan(TEXT) == 0:
            pass  # the connection is accepted on another thread
        assert box.read_until(b"\r") == TEXT.encode() + b"\r"


def test_without_a_box_nobody_is_reached(scanner: SoftScanner) -> None:
    assert scanner.scan(TEXT) == 0


def test_a_box_that_hung_up_is_forgotten_and_the_next_one_heard(scanner: SoftScanner) -> None:
    for _ in range(3):
        with serial.serial_for_url(f"socket://127.0.0.1:{scanner.port}", timeout=30) as box:
            while scanner.scan(TEXT) == 0:
                pass
            assert box.read_until(b"\r").endswith(b"\r")


def test_a_taken_port_is_named(scanner: SoftScanner) -> None:
    with pytest.raises(ScannerPortTakenError, match=str(scanner.port)):
        SoftScanner(port=scanner.port).start()
