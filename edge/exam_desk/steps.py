"""The order of events at the desk, as a table, and the diagram drawn from it.

`FOLLOWS` says which steps may come after an occurrence; what is not in the table is ignored at that step. The table
refuses, it does not decide: `desk` decides, and a test walks both against each other. The diagram in this room's
README is `diagram()`, compared by a test.
"""

from enum import StrEnum

from edge.occurrences import (
    CardLaid,
    CardNotRead,
    CardRead,
    CardTaken,
    CodeGiven,
    Confirmed,
    Declined,
    FaceMeasured,
    FaceObstructed,
    NotStored,
    Occurrence,
    ReadingAdvanced,
    SecondCopyLate,
    SecondCopyMade,
    SessionClosed,
    SessionOpened,
    Stored,
    StoreReopened,
)


class Step(StrEnum):
    """Where the desk stands with the present candidate."""

    CLOSED = "closed"
    WAITING = "waiting"
    WAITING_FOR_CODE = "waiting for code"
    WAITING_FOR_CARD = "waiting for card"
    READING = "reading"
    COMPARING = "comparing"
    ASKING = "asking"
    STORING = "storing"
    AWAITING_COPY = "awaiting copy"
    SHOWN = "shown"
    STOPPED = "stopped"


FOLLOWS: dict[Step, dict[type[Occurrence], frozenset[Step]]] = {
    Step.CLOSED: {SessionOpened: frozenset({Step.WAITING})},
    Step.WAITING: {
        SessionClosed: frozenset({Step.CLOSED}),
        CodeGiven: frozenset({Step.WAITING_FOR_CARD, Step.READING}),
        CardLaid: frozenset({Step.WAITING_FOR_CODE, Step.READING}),
    },
    Step.WAITING_FOR_CODE: {
        SessionClosed: frozenset({Step.CLOSED}),
        CodeGiven: frozenset({Step.READING}),
        CardTaken: frozenset({Step.WAITING}),
    },
    Step.WAITING_FOR_CARD: {
        SessionClosed: frozenset({Step.CLOSED}),
        CodeGiven: frozenset({Step.WAITING_FOR_CARD}),
        CardLaid: frozenset({Step.READING}),
    },
    Step.READING: {
        ReadingAdvanced: frozenset({Step.READING}),
        FaceObstructed: frozenset({Step.READING}),
        CardRead: frozenset({Step.COMPARING, Step.ASKING, Step.STORING}),
        CardNotRead: frozenset({Step.STORING}),
    },
    Step.COMPARING: {
        FaceObstructed: frozenset({Step.COMPARING}),
        FaceMeasured: frozenset({Step.ASKING, Step.STORING}),
    },
    Step.ASKING: {
        Confirmed: frozenset({Step.STORING}),
        Declined: frozenset({Step.STORING}),
        CodeGiven: frozenset({Step.ASKING, Step.STORING}),
    },
    Step.STORING: {
        Stored: frozenset({Step.SHOWN, Step.AWAITING_COPY, Step.WAITING_FOR_CARD, Step.READING}),
        NotStored: frozenset({Step.STOPPED}),
    },
    Step.AWAITING_COPY: {
        SecondCopyMade: frozenset({Step.SHOWN}),
        SecondCopyLate: frozenset({Step.SHOWN}),
    },
    Step.SHOWN: {
        CodeGiven: frozenset({Step.WAITING_FOR_CARD, Step.READING}),
        CardLaid: frozenset({Step.WAITING_FOR_CODE, Step.READING}),
        SecondCopyMade: frozenset({Step.SHOWN}),
        SessionClosed: frozenset({Step.CLOSED}),
    },
    Step.STOPPED: {StoreReopened: frozenset({Step.CLOSED, Step.WAITING})},
}


def diagram() -> str:
    """The table as a Mermaid state diagram."""
    lines = ["stateDiagram-v2", "    [*] --> closed"]
    for step, row in FOLLOWS.items():
        targets: dict[Step, list[str]] = {}
        for occurrence, followers in row.items():
            for follower in sorted(followers):
                targets.setdefault(follower, []).append(occurrence.__name__)
        lines += [
            f"    {_identifier(step)} --> {_identifier(target)}: {', '.join(names)}"
            for target, names in targets.items()
        ]
    return "\n".join(lines)


def _identifier(step: Step) -> str:
    return step.value.replace(" ", "_")
