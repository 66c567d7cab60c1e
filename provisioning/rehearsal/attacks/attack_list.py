"""All attacks by name, for the tests of the refusal matrix and for `python -m provisioning soft-chip --attack`.

Rows 25 to 27 (a borrowed card, a relay, a box that lies) are no cards.
"""

from typing import Final

from provisioning.rehearsal.attacks.broken_doors import BROKEN_DOORS
from provisioning.rehearsal.attacks.copied_chips import COPIED_CHIPS
from provisioning.rehearsal.attacks.doubtful_documents import DOUBTFUL_DOCUMENTS
from provisioning.rehearsal.attacks.false_signatures import FALSE_SIGNATURES
from provisioning.rehearsal.attacks.hostile_files import HOSTILE_FILES
from provisioning.rehearsal.attacks.interrupted_reads import HABITS, INTERRUPTED_READS

__all__ = ["ATTACKS", "HABITS"]

ATTACKS: Final = COPIED_CHIPS | FALSE_SIGNATURES | DOUBTFUL_DOCUMENTS | BROKEN_DOORS | HOSTILE_FILES | INTERRUPTED_READS
"""Name to `Attack`."""
