"""Kills the box's program, central and the broker during a running check-in stream, and counts what central has.

    python -m benchmarks.kill_school --box 200 --central 50 --broker 50

Broker and central are the real programs; the box is `benchmarks.streaming_box`. Prints
`acknowledged N, lost 0, twice 0, invented 0` and ends with status 1 when anything was lost, doubled or invented.
"""

import argparse
import random
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from benchmarks.streaming_box import ReadCardFile
from edge.cards.access_key import CardAccessNumber
from edge.cards.read_identity_card import ReadPolicy, read_identity_card
from models.clock import SCHOOL_ZONE
from models.identifiers import access_number_of
from provisioning.rehearsal.box_enrollment import enroll_box
from provisioning.rehearsal.card_files import CardOffice, CardVariant
from provisioning.rehearsal.child_programs import ChildPrograms
from provisioning.rehearsal.demo_faces import demo_portraits
from provisioning.rehearsal.school import (
    bring_first_list,
    prepare_school,
    start_authority,
    start_broker,
    start_central,
)
from provisioning.rehearsal.school_files import SchoolFiles
from provisioning.rehearsal.soft_chip.chip import SoftChip
from provisioning.rehearsal.stage_program import likenesses, rooms_of_the_rehearsal
from provisioning.rehearsal.test_pki import open_issuers
from tests.builders.running_school import free_ports

_IDLE_SECONDS = 120


class KillTally(msgspec.Struct, frozen=True, kw_only=True):
    """What became of the events for which a light was shown. `held` is all that central has."""

    acknowledged: int
    held: int
    lost: int
    twice: int
    invented: int

    @property
    def whole(self) -> bool:
        """Whether nothing was lost, doubled or invented."""
        return not (self.lost or self.twice or self.invented)

    def __str__(self) -> str:
        """The line that is printed."""
        return (
            f"acknowledged {self.acknowledged}, lost {self.lost}, twice {self.twice}, invented {self.invented}"
            f" (central holds {self.held} events)"
        )


class KilledSchool:
    """A school whose programs are killed."""

    def __init__(self, directory: Path) -> None:
        self._files = SchoolFiles(state=directory)
        self._ports = free_ports()
        self._programs = ChildPrograms(logs=self._files.logs)
        self._cards = directory / "cards-read.msgpack"
        self._acknowledged: set[str] = set()
        self._box: subprocess.Popen[str] | None = None
        self._listener: threading.Thread | None = None

    def start(self) -> None:
        """Prepare, start broker, central and the streaming box."""
        session = prepare_school(self._files, self._ports, "")
        self._cards.write_bytes(msgspec.msgpack.encode(read_all_cards(self._files)))
        start_authority(self._programs, self._files, self._ports)
        bring_first_list(self._files)
        start_broker(self._programs, self._files, self._ports)
        start_central(self._programs, self._files, self._ports)
        enroll_box(self._files, self._ports, session.room_id, session.room_name)
        self._start_box()

    def kill(self, what: str, luck: random.Random) -> None:
        """Let the stream run a moment, kill a program as a power cut would, start it again."""
        match what:
            case "box":
                self._wait_for_news()
                time.sleep(luck.uniform(0.0, 0.8))
                self._end_box()
                self._start_box()
            case "central":
                time.sleep(luck.uniform(0.2, 0.8))
                self._programs.kill("central")
                start_central(self._programs, self._files, self._ports)
            case _:
                time.sleep(luck.uniform(0.2, 0.8))
                self._programs.kill("broker")
                start_broker(self._programs, self._files, self._ports)

    def tally(self) -> KillTally:
        """End the stream, let the box send what waits, and compare both sides."""
        self._end_box()
        subprocess.run(self._box_words("--idle"), check=True, timeout=_IDLE_SECONDS, stdout=subprocess.DEVNULL)
        written = _uuids(self._files.box / "state" / "outbox.db", "SELECT hex(uuid) FROM events")
        held = _uuids(self._files.central / "central.db", "SELECT hex(uuid) FROM event_log WHERE NOT again")
        return KillTally(
            acknowledged=len(self._acknowledged),
            held=len(held),
            lost=len(self._acknowledged - set(held)),
            twice=len(held) - len(set(held)),
            invented=len(set(held) - set(written)),
        )

    def stop(self) -> None:
        """End whatever still runs."""
        self._end_box()
        self._programs.stop()

    def _box_words(self, *words: str) -> list[str]:
        program = [sys.executable, "-m", "benchmarks.streaming_box"]
        return [*program, "--settings", str(self._files.box_settings), "--cards", str(self._cards), *words]

    def _start_box(self) -> None:
        with (self._files.logs / "box.log").open("ab") as log:
            box = subprocess.Popen(self._box_words(), stdout=subprocess.PIPE, stderr=log, text=True)
        self._box = box
        self._listener = threading.Thread(target=self._listen, args=(box,), daemon=True)
        self._listener.start()

    def _end_box(self) -> None:
        if self._box is None or self._listener is None:
            return
        self._box.kill()
        self._box.wait()
        self._listener.join()
        if self._box.stdout is not None:
            self._box.stdout.close()

    def _listen(self, box: "subprocess.Popen[str]") -> None:
        """Half a line is no word: the box was killed while saying it."""
        for line in box.stdout or ():
            if line.endswith("\n"):
                self._acknowledged.add(line.strip().upper())

    def _wait_for_news(self) -> None:
        known, deadline = len(self._acknowledged), time.monotonic() + 60
        while len(self._acknowledged) == known:
            if time.monotonic() > deadline or (self._box is not None and self._box.poll() is not None):
                raise RuntimeError(f"the box says nothing any more; see {self._files.logs}")
            time.sleep(0.01)


def read_all_cards(files: SchoolFiles) -> list[ReadCardFile]:
    """Every card of the room, read once by our own reader from a chip in this process."""
    now = datetime.now(UTC)
    today = now.astimezone(SCHOOL_ZONE).date()
    rooms = rooms_of_the_rehearsal(today.year)
    shown = likenesses(rooms, demo_portraits(files.faces))
    office = CardOffice(issuers=open_issuers(files.cards, now), today=today)
    cards = []
    for candidate in rooms[0].candidates:
        portrait = shown[candidate.person.citizen_id].portrait
        card = office.make(candidate.person, portrait, CardVariant.GOOD, portrait)
        number = access_number_of(candidate.person.citizen_id)
        reading = read_identity_card(
            _InProcess(SoftChip(card)), CardAccessNumber(digits=number), ReadPolicy(), lambda _: None
        )
        cards.append(ReadCardFile(access_number=number, evidence=reading.evidence, holder=reading.holder))
    return cards


class _InProcess:
    """A reader with the card in this very process."""

    def __init__(self, chip: SoftChip) -> None:
        self._chip = chip

    def transmit(self, command: bytes) -> bytes:
        """The card's answer."""
        return self._chip.respond(command)


def _uuids(path: Path, query: str) -> list[str]:
    database = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    try:
        return [row[0] for row in database.execute(query)]
    finally:
        database.close()


def run_rounds(directory: Path, kills: dict[str, int], luck: random.Random, *, report: bool) -> KillTally:
    """Kill in random order and count. `report` prints each round."""
    school = KilledSchool(directory)
    order = [what for what, count in kills.items() for _ in range(count)]
    luck.shuffle(order)
    try:
        school.start()
        for number, what in enumerate(order, start=1):
            school.kill(what, luck)
            if report:
                print(f"\r{number} of {len(order)} kills", end="", flush=True)
        if report:
            print()
        return school.tally()
    finally:
        school.stop()


def main() -> int:
    """Kill and print the tally."""
    parser = argparse.ArgumentParser(description=__doc__)
    for what, usual in (("box", 200), ("central", 50), ("broker", 50)):
        parser.add_argument(f"--{what}", type=int, default=usual, help=f"kills of the {what} (default %(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="of the random moments (default %(default)s)")
    arguments = parser.parse_args()
    kills = {what: getattr(arguments, what) for what in ("box", "central", "broker")}
    with tempfile.TemporaryDirectory() as directory:
        tally = run_rounds(Path(directory), kills, random.Random(arguments.seed), report=True)
    print(tally)
    return 0 if tally.whole else 1


if __name__ == "__main__":
    sys.exit(main())
