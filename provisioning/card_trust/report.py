"""What the terminal says of a bundle and of what would change in it: Vietnamese first, English second.

Texts of certificates are other people's: only printable letters of them reach the terminal.
"""

import hashlib
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from typing import Final

from asn1crypto import crl, x509

from models.chip.revocation import RevocationList
from models.chip.revocation_checks import is_current
from models.chip.signatures import ASN1_ERRORS
from models.chip.trust_policy import RevocationRule
from models.clock import SCHOOL_ZONE
from models.wire.card_trust import CardTrust
from provisioning.card_trust.change import Change, Outcome, PieceKind, PieceNews

_OUTCOMES: Final = {
    Outcome.NEW: "mới · new",
    Outcome.ALREADY_THERE: "đã có · already there",
    Outcome.REFUSED: "không nhận · refused",
    Outcome.TAKEN_OUT: "bỏ ra · taken out",
}
_KINDS: Final = {
    PieceKind.CERTIFICATE: "chứng thư · certificate",
    PieceKind.REVOCATION_LIST: "danh sách thu hồi · revocation list",
}
_LARGE_BYTES: Final = 200_000


def lines_of_change(change: Change) -> Iterator[str]:
    """What would become of the bundle, what stays the same only counted."""
    for found in change.master_lists:
        yield (
            f"danh sách do {found.signer.country} ký, chữ ký đúng. So mã của chứng thư gốc với trang của nước đó:\n"
            f"master list of {found.signer.country}, its signature is good. Compare its country certificate with what"
            f" that state publishes:\n     {found.country_signer.fingerprint}"
        )
    for one in change.news:
        if one.outcome is not Outcome.ALREADY_THERE:
            yield _line_of_piece(one)
    for sentence in change.unread:
        yield f"không đọc được · not read: {sentence}"
    for fingerprint in sorted(change.unknown):
        yield f"không có để bỏ · not there to take out: {fingerprint}"
    counts = Counter((one.kind, one.outcome) for one in change.news)
    for kind, words in _KINDS.items():
        figures = ", ".join(f"{name}: {counts[kind, outcome]}" for outcome, name in _OUTCOMES.items())
        yield f"{words}: {figures}"
    if change.other_states:
        yield f"nước khác, để ngoài · other states, left aside: {change.other_states}"


def lines_of_bundle(trust: CardTrust, now: datetime) -> Iterator[str]:
    """The whole list, state by state."""
    yield from _head(trust)
    store = trust.store()
    sources = {one.encoded: trust.sources[one.source] for one in trust.certificates if one.source < len(trust.sources)}
    for state in store.states():
        found = store.of_state(state)
        yield f"\n{state or '???'}"
        for anchor in sorted(found.anchors, key=lambda one: one.not_before):
            yield f"  {_subject(anchor.encoded)}"
            link = "   chứng thư nối · link" if anchor.is_link else ""
            over = "" if anchor.valid_at(now) else "   HẾT HẠN · OUT OF DATE"
            yield f"    {_day(anchor.not_before)} - {_day(anchor.not_after)}{link}{over}"
            yield f"    SHA-256 {anchor.fingerprint}"
            yield f"    nguồn · source: {sources.get(anchor.encoded, '?')}"
            for remark in anchor.remarks:
                yield f"    lưu ý · remark: {remark}"
        rule = trust.policy.revocation_of(state)
        yield from (f"  {_line_of_list(one, rule, now)}" for one in found.lists)
        if not found.lists:
            yield "  " + no_list(rule)


def lines_of_trouble(trust: CardTrust, now: datetime) -> Iterator[str]:
    """Only what somebody should look at; nothing when all is well."""
    store = trust.store()
    yield from (f"không dùng được · cannot be used: {sentence}" for sentence in store.passed_over)
    for state in store.states():
        found, rule = store.of_state(state), trust.policy.revocation_of(state)
        if not any(anchor.valid_at(now) for anchor in found.anchors):
            yield f"{state}: không còn chứng thư nào trong hạn · no certificate is in date"
        for one in found.lists:
            if not is_current(one, rule, now):
                yield f"{state}: {_line_of_list(one, rule, now)}"
        if rule.demand and not found.lists:
            yield f"{state}: {no_list(rule)}"


def _head(trust: CardTrust) -> Iterator[str]:
    yield f"Phiên bản · version {trust.version}, {_day(trust.made_at)}"
    yield f"chứng thư · certificates: {len(trust.certificates)}"
    yield f"danh sách thu hồi · revocation lists: {len(trust.revocation_lists)}"
    yield f"chứng thư nối · links: {trust.policy.links.value}"
    size = sum(len(one.encoded) for one in trust.certificates + trust.revocation_lists)
    if size > _LARGE_BYTES:
        yield (
            f"{size} byte đi cùng mỗi danh sách phòng thi. Chỉ giữ những nước cần: trust add --country VNM.\n"
            f"{size} octets travel with every roster. Keep only the states in need: trust add --country VNM."
        )


def no_list(rule: RevocationRule) -> str:
    """What it means that a state has no revocation list."""
    if rule.demand:
        return "THIẾU danh sách thu hồi, thẻ sẽ không đạt · NO revocation list, and the policy demands one"
    return "chưa có danh sách thu hồi · no revocation list"


def _line_of_list(found: RevocationList, rule: RevocationRule, now: datetime) -> str:
    word = "còn dùng · current" if is_current(found, rule, now) else "QUÁ HẠN · STALE"
    return (
        f"thu hồi · CRL: {_day(found.issued_at)}, kế tiếp · next {_day(found.next_due_at)}"
        f" (+{rule.grace_days}), {len(found.revoked)} mục · entries, {word}"
    )


def _line_of_piece(one: PieceNews) -> str:
    name = _subject(one.encoded) if one.kind is PieceKind.CERTIFICATE else _issuer_of_list(one.encoded)
    fingerprint = hashlib.sha256(one.encoded).hexdigest()
    reason = f": {one.reason}" if one.reason else ""
    return (
        f"{one.state or '???'}  {_OUTCOMES[one.outcome]}{reason}\n     {_KINDS[one.kind]}: {name}\n     {fingerprint}"
    )


def _subject(encoded: bytes) -> str:
    try:
        return _printable(x509.Certificate.load(encoded).subject.human_friendly)
    except ASN1_ERRORS:
        return "?"


def _issuer_of_list(encoded: bytes) -> str:
    try:
        return _printable(crl.CertificateList.load(encoded).issuer.human_friendly)
    except ASN1_ERRORS:
        return "?"


def _printable(text: str) -> str:
    return "".join(letter for letter in text if letter.isprintable())[:200]


def _day(instant: datetime) -> str:
    return instant.astimezone(SCHOOL_ZONE).strftime("%d/%m/%Y")
