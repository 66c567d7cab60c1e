"""Rows 6 to 11: security objects that nobody should believe, and what trust lists say of their signers."""

from collections.abc import Callable
from datetime import timedelta
from typing import Final

from cryptography.hazmat.primitives.serialization import Encoding

from provisioning.rehearsal.attacks.attack import DATA_GROUPS, TRUSTED_FILE, Attack, LaidCard, Workshop, days
from provisioning.rehearsal.data_group_writing import portrait_group
from provisioning.rehearsal.false_issuers import (
    another_signer,
    issuer_with_own_generator,
    namesake,
    new_country,
    revocation_list,
    with_changed_curve,
)
from provisioning.rehearsal.security_object import LDS_SECURITY_OBJECT_OID, hash_list, sign_message
from provisioning.rehearsal.soft_chip.card import ShortFile
from provisioning.rehearsal.test_pki import CardIssuer, SignerTerms
from provisioning.rehearsal.tlv_writing import tlv

_YEAR: Final = timedelta(days=365)
_LIST_FILE: Final = "rehearsal.crl"


def _rehashed(workshop: Workshop) -> LaidCard:
    """The digest of DG2 is overwritten where it stands, so that nothing but the signature is wrong."""
    card = workshop.genuine()
    other = portrait_group(workshop.other_portrait, workshop.person.sex)
    old, new = (hash_list({ShortFile.DG2: file})[-32:] for file in (card.files[ShortFile.DG2], other))
    forged = card.files[ShortFile.SOD].replace(old, new)
    return workshop.with_files(card, {ShortFile.DG2: other, ShortFile.SOD: forged})


def _rehashed_whole(workshop: Workshop) -> LaidCard:
    """Digest of DG2 and the signed attribute over the list both fit; the signature is still the old one."""
    card = workshop.genuine()
    groups = {number: file for number, file in card.files.items() if number in DATA_GROUPS}
    other = portrait_group(workshop.other_portrait, workshop.person.sex)
    before, after = hash_list(groups), hash_list(groups | {ShortFile.DG2: other})
    forged = card.files[ShortFile.SOD].replace(before, after).replace(_sha256(before), _sha256(after))
    return workshop.with_files(card, {ShortFile.DG2: other, ShortFile.SOD: forged})


def _sha256(content: bytes) -> bytes:
    return hash_list({ShortFile.DG1: content})[-32:]


def _signed_by(find: Callable[[Workshop], CardIssuer]) -> Callable[[Workshop], LaidCard]:
    return lambda workshop: workshop.laid(workshop.genuine(issuer=find(workshop)))


def _carried_country_signer(workshop: Workshop) -> LaidCard:
    issuer = workshop.issuers.unknown
    return _carrying(workshop, issuer, issuer.country_signer.public_bytes(Encoding.DER))


def _own_generator(workshop: Workshop) -> LaidCard:
    return _carrying(workshop, *issuer_with_own_generator(workshop.issuers.trusted, workshop.now))


def _carrying(workshop: Workshop, issuer: CardIssuer, country_signer: bytes) -> LaidCard:
    card = workshop.genuine(issuer=issuer)
    groups = {number: file for number, file in card.files.items() if number in DATA_GROUPS}
    message = sign_message(
        LDS_SECURITY_OBJECT_OID, hash_list(groups), issuer, workshop.person.card_issued_on, [country_signer]
    )
    return workshop.with_files(card, {ShortFile.SOD: tlv(0x77, message)})


def _other_country(workshop: Workshop) -> LaidCard:
    """A trusted country signs a card that says it is Vietnam's."""
    foreign = new_country("CSCA Rehearsal Elsewhere", "LA", workshop.now)
    more = {"elsewhere-csca.der": foreign.country_signer.public_bytes(Encoding.DER)}
    return workshop.laid(workshop.genuine(issuer=foreign), more)


def _no_anchor(workshop: Workshop) -> LaidCard:
    foreign = new_country("CSCA Rehearsal Elsewhere", "LA", workshop.now)
    trust = {"elsewhere-csca.der": foreign.country_signer.public_bytes(Encoding.DER)}
    return workshop.laid_before(workshop.genuine(), trust)


def _changed_curve(number: str) -> Callable[[Workshop], LaidCard]:
    """The box has the country signer with its curve spelt out and one number changed, and another of the country."""

    def make(workshop: Workshop) -> LaidCard:
        spoilt = with_changed_curve(workshop.trusted_file, number)
        other = new_country("CSCA Rehearsal Vietnam 2", "VN", workshop.now).country_signer
        trust = {TRUSTED_FILE: spoilt, "second-csca.der": other.public_bytes(Encoding.DER)}
        return workshop.laid_before(workshop.genuine(), trust)

    return make


def _signer(terms: Callable[[Workshop], SignerTerms]) -> Callable[[Workshop], LaidCard]:
    def make(workshop: Workshop) -> LaidCard:
        return workshop.laid(workshop.genuine(issuer=another_signer(workshop.issuers.trusted, terms(workshop))))

    return make


def _revoked(workshop: Workshop) -> LaidCard:
    issuer = workshop.issuers.trusted
    listed = revocation_list(issuer, [issuer.document_signer], workshop.now - days(1))
    return workshop.laid(workshop.genuine(), {_LIST_FILE: listed})


def _stale_list(workshop: Workshop) -> LaidCard:
    issuer = workshop.issuers.trusted
    return workshop.laid(workshop.genuine(), {_LIST_FILE: revocation_list(issuer, [], workshop.now - days(400))})


FALSE_SIGNATURES: Final = {
    "rehashed": Attack(row=6, story="DG2 exchanged and its digest overwritten in EF.SOD.", make=_rehashed),
    "rehashed-whole": Attack(
        row=6, story="DG2 exchanged, digest and signed attribute made to fit, signature old.", make=_rehashed_whole
    ),
    "unknown-signer": Attack(
        row=7, story="Signed by a pair that no list knows.", make=_signed_by(lambda w: w.issuers.unknown)
    ),
    "carried-country-signer": Attack(
        row=7, story="The unknown signer's own country signer lies in EF.SOD.", make=_carried_country_signer
    ),
    "namesake-country-signer": Attack(
        row=8,
        story="A country signer with the trusted one's name and another key.",
        make=_signed_by(lambda w: namesake(w.issuers.trusted, w.now)),
    ),
    "other-country": Attack(
        row=8, story="A trusted signer of another country signs a Vietnamese card.", make=_other_country
    ),
    "own-generator": Attack(
        row=9, story="The trusted public key on a curve with the attacker's generator.", make=_own_generator
    ),
    **{
        f"changed-curve-{number}": Attack(
            row=9, story=f"The country signer's written out curve has another {number}.", make=_changed_curve(number)
        )
        for number in ("p", "a", "b", "generator", "order", "cofactor")
    },
    "no-anchor": Attack(row=10, story="No country signer of Vietnam is installed.", make=_no_anchor),
    "signer-expired-at-signing": Attack(
        row=11,
        story="The document signer's certificate ran out before it signed.",
        make=_signer(lambda w: SignerTerms(starts=w.now - 8 * _YEAR, lasts=days(90))),
    ),
    "signer-revoked": Attack(row=11, story="The country's list revokes the signer.", make=_revoked),
    "signer-wrong-usage": Attack(
        row=11,
        story="The signer's certificate is for encipherment.",
        make=_signer(lambda w: SignerTerms(starts=w.now - 6 * _YEAR, use="key_encipherment")),
    ),
    "revocation-list-stale": Attack(row=11, story="The country's list was due long ago.", make=_stale_list),
}
