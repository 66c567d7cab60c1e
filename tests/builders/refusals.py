"""What the box says of each attack of `provisioning.rehearsal.attacks`: the refusal matrix as data, rows 1 to 24.

A verdict where the chip could be read to the end, else the trouble that ended the reading. The few attacks that the
chip's judgement alone does not find stand in `FOUND_ELSEWHERE` with the place that finds them.
"""

from typing import Final

import pytest

from models.chip.verdict import ChipVerdict as V
from models.evidence import CardTrouble as T
from provisioning.rehearsal.attacks.attack_list import ATTACKS
from provisioning.rehearsal.soft_chip.faults import ChannelTrick

FOUND_ELSEWHERE: Final = {
    "revocation-list-stale": "a policy that demands a current list; without it the check is told as not done",
    "other-name-in-dg13": "nobody at a check-in, which never reads DG13; the name is compared with the roster's",
    "other-number-in-code": "the chip, which does not open with a number that is not its own",
    "other-list-in-com": "nobody needs to: EF.COM is unsigned and not read, the list of EF.SOD rules",
    "jpeg-bomb": "the portrait's reader, before it decodes; the face then counts as not compared",
    "jpeg-2000-bomb": "the same",
}

FINDINGS: Final[dict[str, V | T]] = {
    "copy": V.CLONE_SUSPECT,
    "copy-without-listed-keys": V.CHIP_NOT_PROVEN,
    "own-chip-key": V.HASH_MISMATCH,
    "own-active-key": V.HASH_MISMATCH,
    "own-keys-own-signer": V.UNTRUSTED_ISSUER,
    "chip-authentication-refused": V.CLONE_SUSPECT,
    "chip-authentication-forged": V.CLONE_SUSPECT,
    "active-authentication-refused": V.CLONE_SUSPECT,
    "active-authentication-forged": V.CLONE_SUSPECT,
    "chip-mapping-missing": V.CLONE_SUSPECT,
    "chip-mapping-forged": V.CLONE_SUSPECT,
    "stripped-dg14": V.CLONE_SUSPECT,
    "stripped-dg15": V.CLONE_SUSPECT,
    "stripped-both": V.CLONE_SUSPECT,
    "flipped-dg1": V.HASH_MISMATCH,
    "flipped-dg2": V.HASH_MISMATCH,
    "flipped-dg14": V.HASH_MISMATCH,
    "flipped-dg15": V.HASH_MISMATCH,
    "replaced-portrait": V.HASH_MISMATCH,
    "rehashed": V.SIGNATURE_INVALID,
    "rehashed-whole": V.SIGNATURE_INVALID,
    "unknown-signer": V.UNTRUSTED_ISSUER,
    "carried-country-signer": V.UNTRUSTED_ISSUER,
    "namesake-country-signer": V.UNTRUSTED_ISSUER,
    "other-country": V.UNTRUSTED_ISSUER,
    "own-generator": V.UNTRUSTED_ISSUER,
    "changed-curve-p": V.UNTRUSTED_ISSUER,
    "changed-curve-a": V.UNTRUSTED_ISSUER,
    "changed-curve-b": V.UNTRUSTED_ISSUER,
    "changed-curve-generator": V.UNTRUSTED_ISSUER,
    "changed-curve-order": V.UNTRUSTED_ISSUER,
    "changed-curve-cofactor": V.UNTRUSTED_ISSUER,
    "no-anchor": V.NO_ANCHOR_INSTALLED,
    "signer-expired-at-signing": V.SIGNER_EXPIRED,
    "signer-revoked": V.SIGNER_REVOKED,
    "signer-wrong-usage": V.SIGNER_NOT_FOR_DOCUMENTS,
    "expired-yesterday": V.EXPIRED,
    "not-yet-issued": V.INCONSISTENT,
    "born-in-month-thirteen": V.INCONSISTENT,
    "born-in-another-year": V.INCONSISTENT,
    "wrong-digit-document-number": V.INCONSISTENT,
    "wrong-digit-citizen-number": V.INCONSISTENT,
    "wrong-digit-birth": V.INCONSISTENT,
    "wrong-digit-expiry": V.INCONSISTENT,
    "wrong-digit-composite": V.INCONSISTENT,
    "card-access-gone": T.UNREADABLE,
    "card-access-without-pace": T.UNREADABLE,
    "pace-refused": T.REFUSED_CHANNEL,
    "weaker-curve": V.DOWNGRADE,
    "weaker-cipher": V.DOWNGRADE,
    "wrong-pace-token": T.REFUSED_CHANNEL,
    "no-pace-token": T.REFUSED_CHANNEL,
    **{f"channel-{trick.value.replace(' ', '-')}": T.REFUSED_CHANNEL for trick in ChannelTrick},
    "same-ephemeral-key": T.REFUSED_CHANNEL,
    "same-mapping-key": T.REFUSED_CHANNEL,
    "ephemeral-key-off-curve": T.REFUSED_CHANNEL,
    "mapping-key-off-curve": T.REFUSED_CHANNEL,
    "infinity-as-key": T.REFUSED_CHANNEL,
    "one-as-number": T.REFUSED_CHANNEL,
    "active-key-rsa-512": V.CLONE_SUSPECT,
    "active-key-exponent-one": V.CLONE_SUSPECT,
    "stale-answer": V.CLONE_SUSPECT,
    "wrong-number": T.WRONG_KEY,
    **{
        f"{spoil}-in-{file}": T.UNREADABLE
        for file in ("sod", "card-access", "dg14")
        for spoil in ("indefinite-length", "length-beyond-file", "four-gigabytes", "longer-length-form")
    },
    "nesting-bomb-in-sod": V.PARSE_ERROR,
    "nesting-bomb-in-card-access": T.UNREADABLE,
    "nesting-bomb-in-dg14": T.UNREADABLE,
    "content-twice-in-sod": V.PARSE_ERROR,
    "content-twice-in-dg14": V.PARSE_ERROR,
    "trailing-octets-in-sod": V.PARSE_ERROR,
    "trailing-octets-in-card-access": T.UNREADABLE,
    "trailing-octets-in-dg14": V.PARSE_ERROR,
    **{f"cut-short-{status}": T.UNREADABLE for status in ("9000", "6282", "6b00", "6c10", "6700")},
    "cut-short-6110": T.REFUSED_CHANNEL,  # what should follow comes without protection
    "broken-6f00": T.UNREADABLE,
    "pulled-out": T.REMOVED,
    "hanging": T.READER_HUNG,
    "other-chip-in-session": V.CLONE_SUSPECT,
    "other-card-on-reader": T.REFUSED_CHANNEL,
}
"""Name of the attack to what is found."""


def played(row: int, *but: str) -> pytest.MarkDecorator:
    """The attacks of one row by name, without those that need a test of their own."""
    names = sorted(name for name, attack in ATTACKS.items() if attack.row == row)
    return pytest.mark.parametrize("name", [name for name in names if name in FINDINGS and name not in but])
