"""The one machine behind every display family: one question at a time on a line, and nobody believed too soon.

A line may hold several displays, each with an address. One question is outstanding; between commands the line rests a
little; after a time-out whatever comes is thrown away for a while, because it may be the late answer; commands go
before polls and are read back; a display that says nothing is `unreachable`, never off. Not here: frames (`codec`),
meaning (`meaning`), what is known of a display (`display`), commands (`orders`).
"""

from collections.abc import Sequence
from typing import Final

from firmware_bridge.displays.codec import Codec, Heard, Noise, Skipped, Trouble, Verdict
from firmware_bridge.displays.display import Display
from firmware_bridge.displays.meaning import understand
from firmware_bridge.displays.orders import Order, ended, prepare
from firmware_bridge.displays.tables import Pace, Question
from firmware_bridge.drivers.driver import Counts, Done, Rest, Word
from models.room_messages import DeviceCommand, DeviceOutcome, DeviceResult

GREETING_SECONDS: Final = 5.0
SILENT_REST_SECONDS: Final = 60.0
TROUBLE_REST_SECONDS: Final = 300.0
"""After a wrong password, for one: a projector must not be tried with it again and again."""
MOST_WAITING_ORDERS: Final = 8


class _Outstanding:
    """The question or command whose answer is awaited. A check carries both: the order and the question."""

    def __init__(self, display: Display, words: str, question: Question | None, order: Order | None) -> None:
        self.display: Final = display
        self.words: Final = words
        self.key = ""
        self.question: Final = question
        self.order: Final = order
        self.tries = 0
        self.give_up_at = 0.0

    @property
    def may_not_be_sent(self) -> bool:
        """Whether it is a command that was withdrawn; the question that reads one back changes nothing."""
        return self.question is None and self.order is not None and self.order.withdrawn

    def is_answered_by(self, heard: Heard) -> bool:
        if heard.unit not in (None, self.display.unit) or heard.key not in (None, self.key):
            return False
        return self.question is None or heard.verdict is not Verdict.TAKEN


class Asking:
    """A `Driver` for the displays on one line."""

    def __init__(self, displays: Sequence[Display], codec: Codec) -> None:
        self.counts = Counts()
        self._displays: Final = {display.device_id: display for display in displays}
        self._codec: Final = codec
        self._pace: Final[Pace] = displays[0].table.pace
        self._orders: list[Order] = []
        self._outstanding: _Outstanding | None = None
        self._writing = b""
        self._free_at = 0.0
        self._greeting_by: float | None = None
        self._again: _Outstanding | None = None
        self._rest_due = False
        self._turn = 0

    def open(self, now: float) -> None:
        """The line is new: what is known of the displays stays, commands of the last line have ended with it."""
        self.counts = Counts()
        self._codec.begin()
        self._outstanding, self._again, self._writing = None, None, b""
        self._orders.clear()
        self._free_at = now
        self._greeting_by = now + GREETING_SECONDS
        self._rest_due = False
        for display in self._displays.values():
            display.line_is_new(now)

    def take(self, data: bytes, now: float) -> Sequence[Word]:
        """What the displays said."""
        words: list[Word] = []
        for sound in self._codec.take(data):
            match sound:
                case Heard():
                    words += self._hear(sound, now)
                case Noise():
                    self.counts.bad += 1
                case Skipped():
                    self.counts.skipped += 1
                case Trouble():
                    words += self._leave_line(now, sound.sentence)
        return words

    def due(self, now: float) -> Sequence[Word]:
        """Time-outs, and the next question."""
        words: list[Word] = []
        if not self._codec.ready:
            return self._await_greeting(now)
        if self._outstanding is not None and now >= self._outstanding.give_up_at:
            words += self._time_out(self._outstanding, now)
        if self._outstanding is None and now >= self._free_at:
            words += self._next(now)
        return words

    def to_write(self) -> bytes:
        """The frame to be written."""
        writing, self._writing = self._writing, b""
        return writing

    def ask(self, device_id: str, command: DeviceCommand, now: float) -> Sequence[Word]:
        """Put a command before all polls, or refuse it at once."""
        del now
        display = self._displays.get(device_id)
        if display is None:
            return [ended(device_id, command, DeviceOutcome.REFUSED, "There is no such display on this line.")]
        if len(self._orders) >= MOST_WAITING_ORDERS:
            return [ended(device_id, command, DeviceOutcome.REFUSED, "Too many commands wait for this display.")]
        order = prepare(display, command)
        if isinstance(order, str):
            return [ended(device_id, command, DeviceOutcome.REFUSED, order)]
        self._orders.append(order)
        return []

    def withdraw(self, device_id: str, result: DeviceResult, now: float) -> Sequence[Word]:
        """What was not sent ends now; what was sent is read back, and not sent again."""
        mine = [
            order for order in self._orders if (order.display.device_id, order.command.id) == (device_id, result.id)
        ]
        words: list[Word] = []
        for order in mine:
            order.withdrawn = True
            if not order.sent:
                words += self._end(order, Done(device_id=device_id, result=result), now)
            elif self._again is not None and self._again.order is order and self._again.may_not_be_sent:
                self._again = None
                words += self._end(order, order.unanswered(now), now)
        return words

    def farewell(self) -> bytes:
        """Displays need none."""
        return b""

    def _hear(self, heard: Heard, now: float) -> list[Word]:
        asked = self._outstanding
        if asked is None or not asked.is_answered_by(heard):
            return self._hear_unasked(heard, now)
        if asked.question is None:
            self._answered(now)
            return self._end(asked.order, asked.order.answered(heard.verdict, now), now) if asked.order else []
        if heard.verdict is not Verdict.ANSWER:
            self._answered(now)
            asked.display.turned_down(asked.question, heard.verdict, now)
            return self._end(asked.order, asked.order.checked(now), now) if asked.order else []
        learned = understand(asked.display.table, asked.question, heard.payload)
        if learned is None:
            self.counts.bad += 1
            return []
        self._answered(now)
        asked.display.learn(asked.question, learned, now)
        return self._end(asked.order, asked.order.read_back(learned, now), now) if asked.order else []

    def _hear_unasked(self, heard: Heard, now: float) -> list[Word]:
        """A frame that nobody waits for: state, where the family tells changes by itself; otherwise nothing."""
        for display in self._displays.values():
            if not display.table.unasked or heard.unit != display.unit or heard.verdict is not Verdict.ANSWER:
                continue
            for question in display.table.questions:
                if self._codec.key(question.ask) != heard.key:
                    continue
                learned = understand(display.table, question, heard.payload)
                if learned is not None:
                    self._heard_well(now)
                    display.learn(question, learned, now)
                    return self._said(display, now)
        self.counts.skipped += 1
        return []

    def _answered(self, now: float) -> None:
        self._outstanding = None
        self._free_at = now + self._pace.spacing_seconds
        self._heard_well(now)

    def _heard_well(self, now: float) -> None:
        self.counts.good += 1
        self.counts.last_good_at = now

    def _await_greeting(self, now: float) -> list[Word]:
        if self._greeting_by is None or now < self._greeting_by:
            return []
        return self._leave_line(now, "")

    def _leave_line(self, now: float, trouble: str) -> list[Word]:
        """The line is of no use now: it is said of its displays, commands fail with it, and it rests a while."""
        self._outstanding, self._again, self._writing, self._greeting_by = None, None, b"", None
        because = trouble or "The display did not answer."
        words: list[Word] = [order.done(DeviceOutcome.FAILED, because) for order in self._orders]
        self._orders.clear()
        for display in self._displays.values():
            if trouble:
                display.in_trouble(trouble)
            else:
                display.cannot_be_heard()
            words += self._said(display, now)
        rest = TROUBLE_REST_SECONDS if trouble else SILENT_REST_SECONDS
        self._free_at = now + rest
        return [*words, Rest(seconds=rest)]

    def _time_out(self, asked: _Outstanding, now: float) -> list[Word]:
        self._outstanding = None
        self._free_at = now + self._pace.late_seconds
        if asked.tries <= self._pace.retries and not asked.display.is_missed and not asked.may_not_be_sent:
            self._again = asked
            return []
        if asked.question is None:
            return self._end(asked.order, asked.order.unanswered(now), now) if asked.order else []
        asked.display.missed(asked.question, now)
        ending = self._end(asked.order, asked.order.checked(now), now) if asked.order else []
        return [*ending, *self._said(asked.display, now)]

    def _next(self, now: float) -> list[Word]:
        """Write what is to be asked next: what was not answered, a command, its check, or a display's next question."""
        again, self._again = self._again, None
        if again is not None:
            return self._send(again, now)
        first_orders = {order.display.device_id: order for order in reversed(self._orders)}
        for order in first_orders.values():
            if not order.sent:
                return self._send(_Outstanding(order.display, order.words, None, order), now)
            if order.check is not None and now >= order.check_at:
                return self._send(_Outstanding(order.display, order.check.ask, order.check, order), now)
        return self._next_of_round(now)

    def _next_of_round(self, now: float) -> list[Word]:
        displays = list(self._displays.values())
        words: list[Word] = []
        for step in range(self._turn, self._turn + len(displays)):
            display = displays[step % len(displays)]
            question = display.next_question(now)
            if question is not None:
                self._turn = step % len(displays)
                self._rest_due = self._pace.rest_seconds > 0
                return [*words, *self._send(_Outstanding(display, question.ask, question, None), now)]
            words += self._said(display, now)
        if self._rest_due and not self._orders:
            self._rest_due = False
            words.append(Rest(seconds=self._pace.rest_seconds))
        return words

    def _send(self, asked: _Outstanding, now: float) -> list[Word]:
        self._codec.forget()
        asked.key = self._codec.key(asked.words)
        asked.tries += 1
        asked.give_up_at = now + self._pace.timeout_seconds
        self._writing += self._codec.frame(asked.display.unit, asked.words)
        order = asked.order
        if order is None or asked.question is not None:
            self._outstanding = asked
            return []
        order.was_sent(now)
        if order.row.answered:
            self._outstanding = asked
            return []
        self._free_at = now + self._pace.spacing_seconds
        return self._end(order, order.unanswered(now), now)

    def _said(self, display: Display, now: float) -> list[Word]:
        word = display.word(now)
        return [] if word is None else [word]

    def _end(self, order: Order | None, done: Done | None, now: float) -> list[Word]:
        if order is None or done is None:
            return []
        self._orders.remove(order)
        return [done, *self._said(order.display, now)]
