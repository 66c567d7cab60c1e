"""Enrols many simulated boxes at the real authority, as on the day of a delivery, and counts what went wrong.

    python -m benchmarks.enroll_boxes --boxes 500

One request of central makes all codes. Then every box on its own: keys made, authority greeted and proven, enrolled,
first report over its own certificate. Certificates received and the authority's records are compared with the rooms
that the codes were for. Ends with status 1 when a box failed, stands in a wrong room, shares a key or is too late.
"""

import argparse
import multiprocessing
import multiprocessing.pool
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from models.enrollment import BoxState
from models.errors import ClassroomError
from models.fleet import BoxRecord, BoxRecords, MadeCode
from models.identifiers import RoomId
from models.wire.box_certificate import room_of
from tests.builders.enrolling_box import EnrollingBox
from tests.builders.running_authority import AuthorityHouse, room, running_authority

BAR_SECONDS: Final = 600.0
BAR_BOXES: Final = 500
ROOMS_IN_A_SCHOOL: Final = 40


class Task(msgspec.Struct, frozen=True, kw_only=True):
    """What the box of one room is told: where the authority is, and its code."""

    address: str
    folder: str
    room_id: RoomId
    code: str


class Enrolled(msgspec.Struct, frozen=True, kw_only=True):
    """One box afterwards. `error` says why it is none; public keys are raw or DER, `seconds` is its whole errand."""

    room_id: RoomId
    box_id: str = ""
    certificate: bytes = b""
    tls_key: bytes = b""
    chain_key: bytes = b""
    seconds: float = 0.0
    error: str = ""


def enroll_one(task: Task) -> Enrolled:
    """The whole errand of one box."""
    began = time.monotonic()
    box = EnrollingBox(task.address, Path(task.folder) / task.room_id)
    try:
        answer = box.enroll(task.code, task.room_id)
        box.report()
    except ClassroomError as error:
        return Enrolled(room_id=task.room_id, error=f"{type(error).__name__}: {error}")
    return Enrolled(
        room_id=task.room_id,
        box_id=answer.box_id,
        certificate=answer.certificate,
        tls_key=box.key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
        chain_key=box.chain_key.public_key().public_bytes_raw(),
        seconds=time.monotonic() - began,
    )


def wrong_rooms(boxes: list[Enrolled], records: dict[str, BoxRecord]) -> int:
    """Boxes whose certificate or record names another room than their code did, or that the authority does not know."""
    wrong = 0
    for box in boxes:
        certificate = x509.load_pem_x509_certificate(box.certificate)
        record = records.get(box.box_id)
        rooms = (room_of(certificate), None if record is None else record.room_id)
        known = record is not None and record.state is BoxState.ENROLLED and record.chain_key == box.chain_key
        wrong += rooms != (box.room_id, box.room_id) or not known
    return wrong


def shared_keys(boxes: list[Enrolled]) -> int:
    """Boxes too many for the number of different keys, names and serials in the certificates that they received."""
    certificates = [x509.load_pem_x509_certificate(box.certificate) for box in boxes]
    keys = {one.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo) for one in certificates}
    foreign = sum(
        one.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo) != box.tls_key
        for one, box in zip(certificates, boxes, strict=True)
    )
    different = (
        keys,
        {box.chain_key for box in boxes},
        {box.box_id for box in boxes},
        {one.serial_number for one in certificates},
    )
    return foreign + max(len(boxes) - len(kind) for kind in different)


def main() -> None:
    """Reads the command line, runs, prints the figures."""
    parser = argparse.ArgumentParser(description="enrol many boxes at once")
    parser.add_argument("--boxes", type=int, default=BAR_BOXES)
    parser.add_argument("--workers", type=int, default=4, help="processes that play boxes")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, running_authority(Path(folder) / "authority") as house:
        began = time.monotonic()
        codes = _all_codes(house, arguments.boxes)
        made_in = time.monotonic() - began
        tasks = [
            Task(address=house.address, folder=f"{folder}/boxes", room_id=code.room_id, code=code.code)
            for code in codes
        ]
        boxes = list(_with_progress(tasks, arguments.workers))
        elapsed = time.monotonic() - began
        records = _records(house)
    sys.exit(_tell(boxes, records, made_in, elapsed))


def _tell(boxes: list[Enrolled], records: dict[str, BoxRecord], made_in: float, elapsed: float) -> int:
    good = [box for box in boxes if not box.error]
    for box in boxes:
        if box.error:
            print(f"  {box.room_id}: {box.error}")
    bar = BAR_SECONDS * max(1.0, len(boxes) / BAR_BOXES)
    seconds = sorted(box.seconds for box in good) or [0.0]
    tail = statistics.quantiles(seconds, n=20)[-1] if len(seconds) > 1 else seconds[0]
    wrong, shared = wrong_rooms(good, records), shared_keys(good) if good else 0
    print(f"codes for {len(boxes)} rooms in {made_in:.2f} s, in as few requests as may be")
    print(f"one enrolment: p50 {statistics.median(seconds):.3f} s, p95 {tail:.3f} s (greeting to first report)")
    print(f"elapsed {elapsed:.1f} s, bar {bar:.0f} s: {bar / elapsed:.1f} times as fast")
    print(f"{len(good) / elapsed:.1f} issued/s")
    print(f"enrolled {len(good)}, failed {len(boxes) - len(good)}, wrong room {wrong}, shared key {shared}")
    return 1 if len(good) < len(boxes) or wrong or shared or elapsed > bar else 0


def _all_codes(house: AuthorityHouse, count: int) -> list[MadeCode]:
    rooms = [room(f"T{number // ROOMS_IN_A_SCHOOL}-P{number % ROOMS_IN_A_SCHOOL}") for number in range(count)]
    codes: list[MadeCode] = []
    for start in range(0, count, 1000):
        codes += house.make_codes(*rooms[start : start + 1000]).codes
    return codes


def _with_progress(tasks: list[Task], workers: int) -> Iterator[Enrolled]:
    began = time.monotonic()
    with _processes(workers) as pool:
        for done, box in enumerate(pool.imap_unordered(enroll_one, tasks), 1):
            if done % 100 == 0 or done == len(tasks):
                print(f"{done} of {len(tasks)} after {time.monotonic() - began:.1f} s", flush=True)
            yield box


@contextmanager
def _processes(workers: int) -> Iterator[multiprocessing.pool.Pool]:
    with multiprocessing.get_context("spawn").Pool(workers) as pool:
        yield pool


def _records(house: AuthorityHouse) -> dict[str, BoxRecord]:
    records: dict[str, BoxRecord] = {}
    change = 0
    with house.central() as central:
        while page := central.get(f"/v1/boxes?after={change}", BoxRecords).boxes:
            records |= {box.box_id: box for box in page}
            change = page[-1].change
    return records


if __name__ == "__main__":
    main()
