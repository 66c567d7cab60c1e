"""Public keys as cards publish them: SubjectPublicKeyInfo in DER (RFC 3279 section 2.3, RFC 5480)."""

from enum import StrEnum

from provisioning.rehearsal.soft_chip.chip_keys import AgreementKey, CurveSigningKey, RsaSigningKey, SigningKey
from provisioning.rehearsal.soft_chip.curve_table import CURVES
from provisioning.rehearsal.soft_chip.elliptic_curve import Curve
from provisioning.rehearsal.soft_chip.groups import GROUPS
from provisioning.rehearsal.soft_chip.prime_group import PRIME_GROUPS
from provisioning.rehearsal.tlv_writing import tlv

_EC_KEY = bytes.fromhex("2A8648CE3D0201")
_PRIME_FIELD = bytes.fromhex("2A8648CE3D0101")
_DH_NUMBER = bytes.fromhex("2A8648CE3E0201")
_RSA_KEY = bytes.fromhex("2A864886F70D010101")
_STANDARD_DOMAIN = bytes.fromhex("04007F00070102")


class DomainForm(StrEnum):
    """How a key says which group it belongs to."""

    NAMED = "named"
    WRITTEN_OUT = "written out"
    NUMBERED = "numbered"
    """By its standardised number (BSI TR-03110 part 3 section A.2.1.1)."""


def agreement_public_key(key: AgreementKey, form: DomainForm = DomainForm.NAMED) -> bytes:
    """The public key to chip authentication's private one; groups of numbers have no name and are written out."""
    return _group_key(key.parameter, int.from_bytes(key.private, "big"), form)


def signing_public_key(key: SigningKey, form: DomainForm = DomainForm.NAMED) -> bytes:
    """The public key to active authentication's private one."""
    match key:
        case CurveSigningKey():
            return _group_key(key.parameter, int.from_bytes(key.private, "big"), form)
        case RsaSigningKey():
            numbers = (integer(int.from_bytes(number, "big")) for number in (key.modulus, key.exponent))
            algorithm = tlv(0x30, tlv(0x06, _RSA_KEY), tlv(0x05))
            return tlv(0x30, algorithm, tlv(0x03, b"\x00", tlv(0x30, *numbers)))


def integer(number: int) -> bytes:
    """An INTEGER that is not negative."""
    return tlv(0x02, number.to_bytes(number.bit_length() // 8 + 1, "big"))


def written_out(curve: Curve, cofactor: int = 1) -> bytes:
    """ECParameters with all six numbers (BSI TR-03111 section 5.1.1)."""
    field = tlv(0x30, tlv(0x06, _PRIME_FIELD), integer(curve.p))
    coefficients = tlv(0x30, *(tlv(0x04, number.to_bytes(curve.octets, "big")) for number in (curve.a, curve.b)))
    base = tlv(0x04, curve.encode(curve.generator))
    return tlv(0x30, integer(1), field, coefficients, base, integer(curve.order), integer(cofactor))


def _group_key(parameter: int, private: int, form: DomainForm) -> bytes:
    group = GROUPS[parameter]
    public = group.power(private, group.base)
    if parameter in PRIME_GROUPS:
        public = integer(int.from_bytes(public, "big"))
    return tlv(0x30, _algorithm(parameter, form), tlv(0x03, b"\x00", public))


def _algorithm(parameter: int, form: DomainForm) -> bytes:
    if form is DomainForm.NUMBERED:
        return tlv(0x30, tlv(0x06, _STANDARD_DOMAIN), integer(parameter))
    if parameter in PRIME_GROUPS:
        group = PRIME_GROUPS[parameter]
        return tlv(0x30, tlv(0x06, _DH_NUMBER), tlv(0x30, *(integer(number) for number in (group.p, group.g, group.q))))
    curve = CURVES[parameter]
    domain = tlv(0x06, curve.oid) if form is DomainForm.NAMED else written_out(curve)
    return tlv(0x30, tlv(0x06, _EC_KEY), domain)
