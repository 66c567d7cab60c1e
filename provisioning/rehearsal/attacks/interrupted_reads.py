"""Row 23: readings that break off, and cards whose habits must not make a reading break off."""

from collections.abc import Callable
from typing import Final

from provisioning.rehearsal.attacks.attack import Attack, LaidCard, Workshop
from provisioning.rehearsal.card_files import CardBuild, usual_build
from provisioning.rehearsal.soft_chip.card import ShortFile
from provisioning.rehearsal.soft_chip.dialect import SHORT_ONLY, Dialect, EndOfFile, LongAnswers
from provisioning.rehearsal.soft_chip.faults import CutShort, Damaged, Fault, Hanging, PulledOut

_PLACE: Final = 2000


def _at(fault: Fault) -> Callable[[Workshop], LaidCard]:
    return lambda workshop: workshop.with_fault(fault)


def _speaking(dialect: Dialect) -> Callable[[Workshop], LaidCard]:
    def make(workshop: Workshop) -> LaidCard:
        build = usual_build()
        return workshop.laid(
            workshop.genuine(CardBuild(chip_key=build.chip_key, active_key=build.active_key, dialect=dialect))
        )

    return make


def _cut(status: int) -> Callable[[Workshop], LaidCard]:
    return _at(CutShort(file=ShortFile.DG2, at_octet=_PLACE, status=status))


INTERRUPTED_READS: Final = {
    "cut-short-9000": Attack(row=23, story="DG2 gives out in the middle, as if all were well.", make=_cut(0x9000)),
    "cut-short-6282": Attack(row=23, story="DG2 ends in the middle with 6282.", make=_cut(0x6282)),
    "cut-short-6b00": Attack(row=23, story="DG2 ends in the middle with 6B00.", make=_cut(0x6B00)),
    "cut-short-6c10": Attack(
        row=23, story="DG2 ends in the middle with 6C10, however often it is asked.", make=_cut(0x6C10)
    ),
    "cut-short-6110": Attack(row=23, story="DG2 ends in the middle with 6110, and no more comes.", make=_cut(0x6110)),
    "cut-short-6700": Attack(row=23, story="From DG2's middle on each Le is called wrong (6700).", make=_cut(0x6700)),
    "broken-6f00": Attack(
        row=23,
        story="Each read of DG2 from its middle on is answered 6F00.",
        make=_at(Damaged(file=ShortFile.DG2, from_octet=_PLACE)),
    ),
    "pulled-out": Attack(
        row=23, story="The card leaves in the middle of DG2.", make=_at(PulledOut(file=ShortFile.DG2, at_octet=_PLACE))
    ),
    "hanging": Attack(
        row=23, story="The card never answers in DG2's middle.", make=_at(Hanging(file=ShortFile.DG2, at_octet=_PLACE))
    ),
}
HABITS: Final = {
    "short-only": _speaking(SHORT_ONLY),
    "answers-in-pieces": _speaking(Dialect(long_answers=LongAnswers.IN_PIECES)),
    "exact-lengths": _speaking(Dialect(end_of_file=EndOfFile.EXACT)),
    "silent-end-of-file": _speaking(Dialect(end_of_file=EndOfFile.SILENT)),
    "outside-end-of-file": _speaking(Dialect(end_of_file=EndOfFile.OUTSIDE)),
    "parameter-demanded": _speaking(Dialect(parameter_demanded=True)),
    "master-file-selectable": _speaking(Dialect(master_file_selectable=True)),
    "no-short-identifiers": _speaking(Dialect(short_identifiers=False)),
}
"""Genuine cards of other habits, which a reader should read to the end."""
