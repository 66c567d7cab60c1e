"""What a card's files say of its protocols and keys: EF.CardAccess, DG14, DG15 (ICAO Doc 9303-11 section 9.2)."""

from collections.abc import Iterable, Sequence
from typing import Final

from provisioning.rehearsal.public_key_writing import (
    DomainForm,
    agreement_public_key,
    integer,
    signing_public_key,
)
from provisioning.rehearsal.soft_chip.chip_keys import (
    AgreementKey,
    CurveSigningKey,
    PaceOffer,
    SignatureForm,
    SigningKey,
)
from provisioning.rehearsal.soft_chip.ciphers import SuiteKind
from provisioning.rehearsal.tlv_writing import tlv

_BSI = bytes.fromhex("04007F00070202")
TERMINAL_AUTHENTICATION: Final = tlv(0x30, tlv(0x06, _BSI + b"\x02"), integer(1))
CHIP_AUTHENTICATION: Final = tlv(0x30, tlv(0x06, _BSI + bytes((3, 2, SuiteKind.AES_128))), integer(1))
"""id-CA-ECDH-AES-CBC-CMAC-128, version 1."""

_ACTIVE_AUTHENTICATION = bytes.fromhex("678108010105")
_DIGESTS: Final = {"sha1": 1, "sha224": 2, "sha256": 3, "sha384": 4, "sha512": 5}
_PLAIN_SIGNATURE = bytes.fromhex("04007F000701010401")
_DER_SIGNATURE = bytes.fromhex("2A8648CE3D0403")
_DER_SIGNATURE_SHA1 = bytes.fromhex("2A8648CE3D0401")


def card_access_file(pace_parameter: int) -> bytes:
    """EF.CardAccess as seen on a citizen card, with the curve's parameter number at its end."""
    return card_access_of((PaceOffer(parameter=pace_parameter),), None)


def card_access_of(offers: Iterable[PaceOffer], chip_key: AgreementKey | None) -> bytes:
    """EF.CardAccess with these ways in; without a chip key it names the usual protocol of chip authentication."""
    protocol = CHIP_AUTHENTICATION if chip_key is None else chip_term(chip_key)
    return tlv(0x31, TERMINAL_AUTHENTICATION, protocol, *(pace_term(offer) for offer in offers))


def security_options_group(pace_parameter: int, chip_public_key: bytes) -> bytes:
    """DG14: the terms of EF.CardAccess again, chip authentication's public key (SPKI in DER), active authentication."""
    public_key = tlv(0x30, tlv(0x06, _BSI + b"\x01\x02"), chip_public_key)
    offer = pace_term(PaceOffer(parameter=pace_parameter))
    return security_options((TERMINAL_AUTHENTICATION, CHIP_AUTHENTICATION, offer, _active_term("sha256"), public_key))


def security_options(terms: Iterable[bytes]) -> bytes:
    """DG14 with these infos, in DER's order of a set."""
    return tlv(0x6E, tlv(0x31, *sorted(terms)))


def active_key_group(public_key: bytes) -> bytes:
    """DG15: active authentication's public key (SPKI in DER)."""
    return tlv(0x6F, public_key)


def active_key_file(key: SigningKey) -> bytes:
    """DG15 with the public key to a private one."""
    return active_key_group(signing_public_key(key))


def options_of(
    offers: Sequence[PaceOffer],
    chip_key: AgreementKey | None,
    active_key: SigningKey | None,
    form: DomainForm = DomainForm.NAMED,
) -> bytes:
    """DG14 of a card with these ways in and these keys; RSA needs no word of its digest."""
    terms = [TERMINAL_AUTHENTICATION, *(pace_term(offer) for offer in offers)]
    if chip_key is not None:
        terms += [chip_term(chip_key), chip_key_term(chip_key, form)]
    if isinstance(active_key, CurveSigningKey):
        terms.append(_active_term(active_key.digest, active_key.form))
    return security_options(terms)


def card_security_infos(offers: Iterable[PaceOffer], chip_key: AgreementKey | None, mapping_key: AgreementKey) -> bytes:
    """What EF.CardSecurity says: all of EF.CardAccess, and the key of chip authentication mapping by its number."""
    protocol = CHIP_AUTHENTICATION if chip_key is None else chip_term(chip_key)
    terms = (TERMINAL_AUTHENTICATION, protocol, *(pace_term(offer) for offer in offers))
    return tlv(0x31, *sorted((*terms, chip_key_term(mapping_key, DomainForm.NUMBERED))))


def pace_term(offer: PaceOffer) -> bytes:
    """PACEInfo, version 2."""
    return tlv(0x30, tlv(0x06, offer.oid), integer(2), integer(offer.parameter))


def chip_term(key: AgreementKey) -> bytes:
    """ChipAuthenticationInfo, version 1."""
    reference = b"" if key.key_id is None else integer(key.key_id)
    return tlv(0x30, tlv(0x06, key.oid), integer(1), reference)


def chip_key_term(key: AgreementKey, form: DomainForm = DomainForm.NAMED) -> bytes:
    """ChipAuthenticationPublicKeyInfo."""
    kind = _BSI + bytes((1, key.oid[-2]))
    reference = b"" if key.key_id is None else integer(key.key_id)
    return tlv(0x30, tlv(0x06, kind), agreement_public_key(key, form), reference)


def _active_term(digest: str, form: SignatureForm = SignatureForm.PLAIN) -> bytes:
    match form:
        case SignatureForm.PLAIN:
            signature = _PLAIN_SIGNATURE + bytes((_DIGESTS[digest],))
        case SignatureForm.DER if digest == "sha1":
            signature = _DER_SIGNATURE_SHA1
        case SignatureForm.DER:
            signature = _DER_SIGNATURE + bytes((_DIGESTS[digest] - 1,))
    return tlv(0x30, tlv(0x06, _ACTIVE_AUTHENTICATION), integer(1), tlv(0x06, signature))
