"""Who signed one card, as far as its EF.SOD alone shows it: for IT staff who ask why a card is refused."""

from collections.abc import Iterator
from datetime import datetime

from models.chip.issuer_checks import issuers_of
from models.chip.revocation_checks import is_current, is_revoked
from models.chip.security_object import own_signature_is_good, parse_security_object
from models.chip.signatures import UnsupportedKeyError
from models.chip.tlv import ParseError
from models.chip.trust_store import TrustStore


def look_at_card(ef_sod: bytes, trust: TrustStore, now: datetime) -> tuple[bool, list[str]]:
    """Whether an installed anchor vouches for the card's signer, and the lines that say how it stands."""
    lines = list(_lines(ef_sod, trust, now))
    return not any(line.startswith("✗") for line in lines), lines


def _lines(ef_sod: bytes, trust: TrustStore, now: datetime) -> Iterator[str]:
    try:
        security_object = parse_security_object(ef_sod)
        good = own_signature_is_good(security_object)
    except (ParseError, UnsupportedKeyError) as error:
        yield f"✗ EF.SOD: {error}"
        return
    signer = security_object.signer
    state = trust.policy.state(signer.country)
    found = trust.of_state(state)
    yield f"{'✓' if good else '✗'} chữ ký · signature of the security object"
    yield f"  nước · state {state or '???'}, chứng thư ký thẻ · signer SHA-256 {signer.fingerprint}"
    issuers = issuers_of(signer, found.anchors)
    if not found.anchors:
        yield "✗ chưa cài chứng thư nào của nước này · no certificate of this state is installed"
    elif not issuers:
        yield "✗ không chứng thư nào của nước này ký người ký thẻ · none of the state's certificates signed the signer"
    for issuer in issuers:
        yield f"✓ do · signed by {issuer.fingerprint}"
    if issuers and is_revoked(signer, found.lists):
        yield "✗ nước cấp đã thu hồi người ký thẻ · the state has revoked the signer"
    rule = trust.policy.revocation_of(state)
    if not any(is_current(one, rule, now) for one in found.lists):
        mark = "✗" if rule.demand else " "
        yield f"{mark} không có danh sách thu hồi còn hạn · no current revocation list"
    if not signer.valid_at(now):
        yield "  chứng thư ký thẻ ngoài thời hạn · the signer's certificate is out of date"
