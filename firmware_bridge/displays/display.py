"""One display: what is known of it, what is to be asked next, and what is to be said of it.

Not here: frames (`codec`), the line and its one outstanding question (`asking`), commands (`orders`).
"""

from collections import deque
from typing import Final

from firmware_bridge.displays.codec import Verdict
from firmware_bridge.displays.meaning import Learned
from firmware_bridge.displays.tables import Often, Question, Table
from firmware_bridge.drivers.driver import Said
from models.measurements import Value
from models.room_messages import About, Reach, State, defects
from models.room_plan import LanLink, PlannedDevice

MISSES: Final = 2
"""So often in a row the first question goes without an answer, and the display is unreachable."""

DAY_SECONDS: Final = 86_400.0
SAID_AGAIN_SECONDS: Final = 60.0
"""The state is said again after so long, changed or not: it is a sign of life."""

LEFT_OUT_SECONDS: Final = 600.0
"""A question that stayed without an answer is not asked for so long; the first one always is."""

LASTING: Final = frozenset({"hours", "lamp_hours"})
"""What stays true while the display is off or silent."""


class Display:
    """What is known of one display, and its round of questions. It is told what came; it asks nobody itself."""

    def __init__(self, device: PlannedDevice, table: Table, unit: int, via: str, *, unverified: bool = False) -> None:
        self.device_id: Final = device.device_id
        self.table = table
        self.over_lan: Final = isinstance(device.link, LanLink)
        self.unit: Final = unit
        self.unverified: Final = unverified
        self._about = About(
            kind=device.kind.value,
            maker=table.maker,
            via=via,
            commands=tuple(
                sorted(
                    name.value
                    for name, row in table.commands.items()
                    if (row.verified or unverified) and not (row.cable_only and self.over_lan)
                )
            ),
        )
        self._learned: dict[str, Learned] = {}
        self._due_at: dict[str, float] = {}
        self._todo: deque[Question] = deque()
        self._round_at = 0.0
        self._said_at = float("-inf")
        self._said: tuple[About, State] | None = None
        self._misses = 0
        self._patient_until = float("-inf")
        self._heard = False
        self._say_again = False
        self._trouble = ""

    @property
    def is_missed(self) -> bool:
        """Whether the last round found nobody: questions are then not asked twice."""
        return self._misses > 0

    @property
    def power(self) -> str:
        """The last word for its power; "unknown" while it does not answer."""
        return str(self._values().get("power", "unknown"))

    def line_is_new(self, now: float) -> None:
        """The line was opened anew: a young round goes on, and with the first answer the state is said again."""
        if now >= self._round_at:
            self._todo.clear()
        self._say_again = True

    def next_question(self, now: float) -> Question | None:
        """What is to be asked now. A round begins at most as often as the table's pace allows."""
        if not self._todo and now >= self._round_at:
            pace = self.table.pace
            self._round_at = now + max(pace.round_seconds, pace.rest_seconds)
            first, *others = self.table.questions
            self._todo.append(first)
            self._todo.extend(row for row in others if self._due_at.get(row.name, now) <= now)
        while self._todo:
            row = self._todo.popleft()
            if self._fits(row):
                return row
        return None

    def learn(self, question: Question, learned: Learned, now: float) -> None:
        """An answer came that was understood."""
        self._alive(question, now)
        self._learned[question.name] = learned
        for metric, code, word in learned.names:
            self._rename(metric, code, word)
        if "power" in learned.values:
            for row in self.table.questions:
                if row.name in self._learned and not self._fits(row):
                    self._learned[row.name] = _lasting(self._learned[row.name])

    def turned_down(self, question: Question, verdict: Verdict, now: float) -> None:
        """The display answered, but not what was asked."""
        self._alive(question, now)
        faults = frozenset({"other"} if verdict is Verdict.BROKEN else ())
        kept = _lasting(self._learned.get(question.name, Learned()))
        self._learned[question.name] = Learned(values=kept.values, faults=faults)
        match verdict:
            case Verdict.UNSUPPORTED:
                self._due_at[question.name] = now + DAY_SECONDS
            case Verdict.REFUSED | Verdict.BROKEN | Verdict.NOT_NOW:
                rare = question.often is Often.RARE and verdict is not Verdict.NOT_NOW
                self._due_at[question.name] = now + (DAY_SECONDS if rare else self.table.pace.slow_seconds)
            case Verdict.ANSWER | Verdict.TAKEN:
                pass

    def missed(self, question: Question, now: float) -> None:
        """No answer came, not even when asked again: the rest of the round is left out, the question waits a while."""
        self._todo.clear()
        self._due_at[question.name] = now + LEFT_OUT_SECONDS
        if question.name == self.table.questions[0].name and now >= self._patient_until:
            self._misses += 1

    def cannot_be_heard(self) -> None:
        """The line says nothing at all: it is unreachable without a further question."""
        self._todo.clear()
        self._misses = MISSES

    def be_patient(self, now: float) -> None:
        """It was told to switch on: for a while silence means nothing."""
        self._patient_until = now + self.table.pace.boot_seconds

    def in_trouble(self, sentence: str) -> None:
        """The line works, but the display cannot be asked; the sentence says why."""
        self._todo.clear()
        self._trouble = sentence
        self._heard = True

    def word(self, now: float) -> Said | None:
        """What is to be said now: about and state when they changed, the state also once a minute."""
        unreachable = self._misses >= MISSES
        if not self._heard and not unreachable:
            return None
        about, state = self._describe(), self._state(unreachable=unreachable)
        before = self._said
        changed_about = about if self._heard and (before is None or before[0] != about) else None
        if before is not None and before[1] == state and not changed_about and now - self._said_at < SAID_AGAIN_SECONDS:
            return None
        self._said, self._said_at = (about if self._heard else self._about, state), now
        return Said(device_id=self.device_id, about=changed_about, state=state)

    def _alive(self, question: Question, now: float) -> None:
        if self._say_again:
            self._say_again, self._said_at = False, float("-inf")
        self._heard = True
        self._misses = 0
        self._trouble = ""
        match question.often:
            case Often.ROUND:
                self._due_at.pop(question.name, None)
            case Often.SLOW:
                self._due_at[question.name] = now + self.table.pace.slow_seconds
            case Often.RARE:
                self._due_at[question.name] = now + DAY_SECONDS

    def _rename(self, metric: str, code: str, word: str) -> None:
        """A code has its display's own name from now on, also where it was already heard."""
        before, self.table = self.table, self.table.named(metric, code, word)
        if before is self.table:
            return
        for name, learned in self._learned.items():
            if learned.values.get(metric) == before.words[metric][code]:
                values = {**learned.values, metric: word}
                self._learned[name] = Learned(values=values, faults=learned.faults, about=learned.about)

    def _fits(self, question: Question) -> bool:
        values = {"power": "unknown", **self._values()}
        return all(values.get(metric) in words for metric, words in question.when.items())

    def _values(self) -> dict[str, Value]:
        return {name: value for learned in self._learned.values() for name, value in learned.values.items()}

    def _describe(self) -> About:
        about = self._about
        told = {field: text for learned in self._learned.values() for field, text in learned.about.items()}
        return About(
            kind=about.kind,
            maker=told.get("maker", about.maker),
            model=told.get("model", ""),
            serial=told.get("serial", ""),
            firmware=told.get("firmware", ""),
            via=about.via,
            commands=about.commands,
        )

    def _state(self, *, unreachable: bool) -> State:
        if unreachable or self._trouble:
            lasting = {name: value for name, value in self._values().items() if name in LASTING}
            sentence = self._trouble or "It does not answer: switched off at the wall, in deep standby, or unplugged."
            reach = Reach.UNREACHABLE if unreachable else Reach.FAULT
            return State(at=0, reach=reach, values={**lasting, "power": "unknown"}, sentence=sentence)
        said = {name: value for name, value in self._values().items() if not name.startswith("_")}
        faults = tuple(sorted({fault for learned in self._learned.values() for fault in learned.faults}))
        reach = Reach.FAULT if defects(faults) else Reach.OK
        return State(at=0, reach=reach, faults=faults, values={"power": "unknown", **said})


def _lasting(learned: Learned) -> Learned:
    return Learned(values={name: value for name, value in learned.values.items() if name in LASTING})
