"""Refusal matrix, rows 21 and 22: files that end in a parse error, in bounded time and memory."""

import time
import tracemalloc

import pytest

from models.admission import Light, ReasonCode
from models.chip.portrait import portrait_to_jpeg
from models.chip.tlv import ParseError
from models.chip.verdict import ChipVerdict
from models.evidence import FaceDecision, QualityCode
from provisioning.rehearsal.attacks.attack import Workshop
from provisioning.rehearsal.attacks.attack_list import ATTACKS
from tests.builders.exams import face
from tests.builders.refusal_desk import RefusalDesk, roster_of
from tests.builders.refusals import FINDINGS, played

MOST_CPU_SECONDS = 5.0
"""A reading takes 0.1; the rest is for busy machines."""
MOST_BYTES = 8_000_000


@played(21)
def test_row_21_hostile_structures(desk: RefusalDesk, workshop: Workshop, name: str) -> None:
    laid = ATTACKS[name].make(workshop)
    began = time.process_time()
    seen = desk.read(laid)
    assert time.process_time() - began < MOST_CPU_SECONDS
    assert seen.found is FINDINGS[name]
    assert seen.keys_are_wiped
    answer = seen.admission(roster_of(workshop.person))
    assert (answer.light, answer.reasons) == (Light.AMBER, (ReasonCode.CHIP_UNREADABLE,))


@pytest.mark.parametrize("name", ["jpeg-bomb", "jpeg-2000-bomb"])
def test_row_22_pictures_are_measured_before_they_are_decoded(desk: RefusalDesk, workshop: Workshop, name: str) -> None:
    """Even properly signed: nothing is shown or compared, so the desk asks a person."""
    seen = desk.read(ATTACKS[name].make(workshop))
    assert seen.reading is not None
    tracemalloc.start()
    with pytest.raises(ParseError):
        portrait_to_jpeg(seen.reading.portrait)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < MOST_BYTES
    assert seen.found is ChipVerdict.GENUINE
    assert not seen.portrait_shown
    answer = seen.admission(roster_of(workshop.person), face(FaceDecision.NOT_COMPARED, (QualityCode.NO_PICTURE,)))
    assert (answer.light, answer.reasons) == (Light.AMBER, (ReasonCode.FACE_NOT_CLEAR,))
