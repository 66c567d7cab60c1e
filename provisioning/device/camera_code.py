"""Reads the QR of an enrolment sheet: from the box's camera, or from a picture of it. Nothing is kept.

Not here: what the text means (`models.wire.enrollment_code`).
"""

import time

import cv2

from models.wire.enrollment_code import CodeError, EnrollmentLink, read_link


class NoCodeSeenError(CodeError):
    """No enrolment QR was seen in time. Hold the sheet flat, a hand's breadth before the camera."""


def scan(source: str, seconds: float = 60.0) -> EnrollmentLink:
    """The first enrolment link that the camera sees. `source` is a device number, a path or a stream's address.

    Raises NoCodeSeenError when none is seen, or the camera gives nothing.
    """
    capture = cv2.VideoCapture(int(source) if source.isdigit() else source)
    detector = cv2.QRCodeDetector()
    until = time.monotonic() + seconds
    try:
        while time.monotonic() < until:
            arrived, picture = capture.read()
            if not arrived:
                break
            text, _, _ = detector.detectAndDecode(picture)
            try:
                if text:
                    return read_link(text)
            except CodeError:
                continue  # another QR is in view
    finally:
        capture.release()
    raise NoCodeSeenError(
        "Camera không thấy mã QR đăng ký. Giữ tờ giấy phẳng, cách camera một gang tay, đủ sáng, rồi thử lại.\n"
        "The camera saw no enrolment QR. Hold the sheet flat, a hand's breadth away, in good light, and try again."
    )
