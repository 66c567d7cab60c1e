"""The card's end of chip authentication version 1 (ICAO Doc 9303-11 section 6.2): keys agreed on, messaging restarted.

Two forms: 3DES in one MSE:Set KAT, AES in MSE:Set AT and GENERAL AUTHENTICATE. The answer still goes out under the old
keys; the new ones count from the next command on.
"""

from models.errors import BadInputError
from provisioning.rehearsal.soft_chip.chip_keys import AgreementKey
from provisioning.rehearsal.soft_chip.ciphers import CipherSuite, SuiteKind, session_suite
from provisioning.rehearsal.soft_chip.commands import Answer, Command, StatusWord
from provisioning.rehearsal.soft_chip.groups import GROUPS
from provisioning.rehearsal.tlv_writing import CardObjectError, objects, tlv

_PROTOCOL, _PUBLIC_KEY, _KEY_REFERENCE, _DYNAMIC = 0x80, 0x91, 0x84, 0x7C


def choose_key(key: AgreementKey, command: Command) -> StatusWord:
    """MSE:Set AT: whether the reader names this key and its protocol."""
    try:
        wanted = dict(objects(command.body))
    except CardObjectError:
        return StatusWord.WRONG_DATA
    if wanted.get(_PROTOCOL) != key.oid:
        return StatusWord.WRONG_DATA
    return StatusWord.OK if _reference_fits(key, wanted) else StatusWord.REFERENCE_NOT_FOUND


def agree_in_one(key: AgreementKey, body: bytes) -> tuple[StatusWord, CipherSuite | None]:
    """MSE:Set KAT with the reader's key in `body`: status and the next session's keys."""
    try:
        given = dict(objects(body))
    except CardObjectError:
        return StatusWord.WRONG_DATA, None
    if key.suite is not SuiteKind.TRIPLE_DES or _PUBLIC_KEY not in given:
        return StatusWord.WRONG_DATA, None
    if not _reference_fits(key, given):
        return StatusWord.REFERENCE_NOT_FOUND, None
    suite = _agree(key, given[_PUBLIC_KEY])
    return (StatusWord.WRONG_DATA if suite is None else StatusWord.OK), suite


def agree(key: AgreementKey, body: bytes) -> tuple[Answer, CipherSuite | None]:
    """GENERAL AUTHENTICATE with the reader's key in `body`: the answer and the next session's keys."""
    try:
        ((outer, content),) = objects(body)
        ((inner, public_key),) = objects(content)
    except (CardObjectError, ValueError):
        return Answer(status=StatusWord.WRONG_DATA), None
    suite = _agree(key, public_key) if (outer, inner) == (_DYNAMIC, 0x80) else None
    if suite is None:
        return Answer(status=StatusWord.WRONG_DATA), None
    return Answer(status=StatusWord.OK, body=tlv(_DYNAMIC)), suite


def _agree(key: AgreementKey, public_key: bytes) -> CipherSuite | None:
    group = GROUPS[key.parameter]
    try:
        shared = group.power(int.from_bytes(key.private, "big"), public_key)
    except BadInputError:
        return None
    return session_suite(group.secret(shared), key.suite)


def _reference_fits(key: AgreementKey, wanted: dict[int, bytes]) -> bool:
    """A chip with one key may be asked without naming it."""
    if _KEY_REFERENCE not in wanted:
        return key.key_id is None
    return key.key_id is not None and int.from_bytes(wanted[_KEY_REFERENCE], "big") == key.key_id
