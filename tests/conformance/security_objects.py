"""LDS_H: EF.SOD and the document signer's certificate in it."""

from typing import Final

from models.chip.file_list import parse_file_list
from models.chip.file_list_check import judge_file_list
from models.chip.security_object import parse_security_object
from models.chip.tlv import encode
from provisioning.rehearsal.data_group_writing import common_file
from tests.builders.chip_evidence import name
from tests.conformance.case import Case, Entry, NotApplicable
from tests.conformance.der_edits import at, gone, instead, last_bit_turned, longer, retagged, shorter
from tests.conformance.signed_documents import SignedDocument, verdict_of, written

_SIGNED, _SIGNER = (1, 0), (1, 0, 4, 0)
_SOUND = SignedDocument()
_MD5 = bytes.fromhex("300c06082a864886f70d02050500")
_MD5_RSA = bytes.fromhex("300d06092a864886f70d0101040500")
_USAGE = (7, 0, 2)
_NO_DSA: Final = NotApplicable(reason="No DSA here: refused as UNTRUSTED_ISSUER by name, never taken for good or bad.")

_NO_HINT: Final = NotApplicable(
    reason="Tolerated: the extension is a hint at the country signer's key; its signature decides, and is checked."
)


def _case(lays: str, comes_out: str, **what: object) -> Case:
    document = SignedDocument(**what)  # type: ignore[arg-type]  # the fields' own types are checked where they are read
    return Case(lays=lays, run=lambda: verdict_of(document), comes_out=comes_out)


def _sound(scheme: str, digest: str) -> Case:
    return _case(f"Signed with {scheme} and {digest} throughout.", "GENUINE", scheme=scheme, digest=digest)


def _crossed(scheme: str, issuer_scheme: str) -> Case:
    lays = f"EF.SOD signed with {scheme}, its certificate with {issuer_scheme}."
    return _case(lays, "GENUINE", scheme=scheme, issuer_scheme=issuer_scheme)


def _listing(lays: str, groups: tuple[int, ...], document: SignedDocument = _SOUND) -> Case:
    """EF.COM with these groups beside a sound EF.SOD with 1, 2, 14 and 15."""
    return Case(lays=lays, run=lambda: _comparison(groups, document), comes_out="INCONSISTENT")


def _comparison(groups: tuple[int, ...], document: SignedDocument) -> str:
    found = judge_file_list(parse_file_list(common_file(groups)), parse_security_object(written(document)))
    return found.verdict.name if found.verdict else "read"


def _number(value: int) -> bytes:
    return encode(0x02, bytes((value,)))


_DG10 = SignedDocument(
    listed=at(2, put=lambda hashes: encode(0x30, hashes[3:] + encode(0x30, _number(10) + encode(0x04, bytes(32)))))
)
_OLD = encode(0x30, encode(0x17, b"200101000000Z") + encode(0x17, b"210101000000Z"))

SECURITY_OBJECTS: Final[dict[str, Entry]] = {
    "01": _sound("rsa", "sha1"),
    "02": _sound("pss", "sha1"),
    "03": _sound("pss", "sha256"),
    "04": _sound("rsa", "sha224"),
    "05": _sound("rsa", "sha256"),
    "06": _sound("rsa", "sha384"),
    "07": _sound("rsa", "sha512"),
    "08": _NO_DSA,
    "09": _sound("ecdsa", "sha1"),
    "10": _sound("plain", "sha1"),
    "11": _sound("plain", "sha224"),
    "12": _sound("plain", "sha256"),
    "13": _sound("plain", "sha384"),
    "14": _sound("plain", "sha512"),
    "15": NotApplicable(
        reason="A security object must carry its signer's certificate here; one without is PARSE_ERROR."
    ),
    "17": _case("Tag 78 instead of 77.", "PARSE_ERROR", file=retagged(0x78)),
    "18": _case("The length is one too small.", "PARSE_ERROR", file=shorter),
    "19": _case("The length is one too large.", "PARSE_ERROR", file=longer),
    "20": _case("SignedData says version 1.", "PARSE_ERROR", message=at(*_SIGNED, 0, put=instead(_number(1)))),
    "21": _case("SignedData without version.", "PARSE_ERROR", message=at(*_SIGNED, 0, put=gone)),
    "22": _case("SignedData names MD5.", "PARSE_ERROR", message=at(*_SIGNED, 1, 0, put=instead(_MD5))),
    "23": _case("SignedData names no digest.", "PARSE_ERROR", message=at(*_SIGNED, 1, put=gone)),
    "24": _case(
        "The content is of another type.", "PARSE_ERROR", message=at(*_SIGNED, 2, 0, put=last_bit_turned)
    ),
    "25": _case("The content has no type.", "PARSE_ERROR", message=at(*_SIGNED, 2, 0, put=gone)),
    "26": _case("The signer says version 2.", "PARSE_ERROR", message=at(*_SIGNER, 0, put=instead(_number(2)))),
    "27": _case("The signer says no version.", "PARSE_ERROR", message=at(*_SIGNER, 0, put=gone)),
    "28": _case(
        "The signer is named by a serial number that no certificate has.",
        "PARSE_ERROR",
        message=at(*_SIGNER, 1, 1, put=last_bit_turned),
    ),
    "29": _case(
        "Version 3, the signer named by a key identifier that no certificate has.",
        "PARSE_ERROR",
        message=lambda whole: at(*_SIGNER, 0, put=instead(_number(3)))(
            at(*_SIGNER, 1, put=instead(encode(0x80, bytes(20))))(whole)
        ),
    ),
    "30": _case("The signer names MD5.", "PARSE_ERROR", message=at(*_SIGNER, 2, put=instead(_MD5))),
    "31": _case("The signer names no digest.", "PARSE_ERROR", message=at(*_SIGNER, 2, put=gone)),
    "32": _case(
        "The signed digest is of other content.", "SIGNATURE_INVALID", attributes=at(2, 1, 0, put=last_bit_turned)
    ),
    "33": _case("No digest is signed.", "PARSE_ERROR", attributes=at(2, put=gone)),
    "36": _case(
        "Signed, it says, with RSA and MD5.", "UNTRUSTED_ISSUER", message=at(*_SIGNER, 4, put=instead(_MD5_RSA))
    ),
    "37": _case(
        "Another signature.",
        "SIGNATURE_INVALID",
        message=at(*_SIGNER, 5, put=last_bit_turned),
    ),
    "38": _case("No signature.", "PARSE_ERROR", message=at(*_SIGNER, 5, put=gone)),
    "39": _case("The list of digests says version 2.", "PARSE_ERROR", listed=at(0, put=instead(_number(2)))),
    "40": _case("The list of digests says no version.", "PARSE_ERROR", listed=at(0, put=gone)),
    "41": _case("The list of digests names MD5.", "PARSE_ERROR", listed=at(1, put=instead(_MD5))),
    "42": _case("The list of digests names no digest.", "PARSE_ERROR", listed=at(1, put=gone)),
    "43": _case("Another digest for DG2.", "HASH_MISMATCH", listed=at(2, 1, 1, put=last_bit_turned)),
    "44": _case("No digest for DG1.", "HASH_MISMATCH", listed=at(2, 0, put=gone)),
    "45": _listing("A digest for DG10, which EF.COM does not list.", (1, 2, 14, 15), _DG10),
    "46": _case("A digest for data group 17.", "PARSE_ERROR", listed=at(2, 1, 0, put=instead(_number(17)))),
    "47": _case("DG2's digest without number.", "PARSE_ERROR", listed=at(2, 1, 0, put=gone)),
    "48": _case("The certificate says version 1.", "PARSE_ERROR", signed_part=at(0, 0, put=instead(_number(0)))),
    "49": _case("The certificate says no version.", "PARSE_ERROR", signed_part=at(0, put=gone)),
    "50": _case("The certificate has no serial number.", "PARSE_ERROR", signed_part=at(1, put=gone)),
    "51": _case(
        "The certificate names one algorithm inside and another outside.",
        "PARSE_ERROR",
        signed_part=at(2, 0, put=last_bit_turned),
    ),
    "52": _case("The certificate names no algorithm inside.", "PARSE_ERROR", signed_part=at(2, put=gone)),
    "53": _case(
        "The issuer's name has no country.",
        "PARSE_ERROR",
        issuer=encode(0x30, name("VN", "CSCA Test").public_bytes()[-22:]),
    ),
    "54": NotApplicable(
        reason="Tolerated: country signers change their names (9303-12); key identifier and signature decide."
    ),
    "55": _case("The certificate names no issuer.", "PARSE_ERROR", signed_part=at(3, put=gone)),
    "56": _case("The certificate ended years ago.", "SIGNER_EXPIRED", signed_part=at(4, put=instead(_OLD))),
    "57": _case("The certificate has no validity.", "PARSE_ERROR", signed_part=at(4, put=gone)),
    "58": _case(
        "The certificate's key is of an unknown kind.", "UNTRUSTED_ISSUER", signed_part=at(6, 0, 0, put=last_bit_turned)
    ),
    "59": _case("The certificate has no key.", "PARSE_ERROR", signed_part=at(6, put=gone)),
    "60": _NO_HINT,
    "61": _NO_HINT,
    "62": _case(
        "The certificate is for signing certificates.",
        "SIGNER_NOT_FOR_DOCUMENTS",
        signed_part=at(*_USAGE, 2, 0, put=instead(bytes.fromhex("03020204"))),
    ),
    "63": _case(
        "The certificate is for encrypting.",
        "SIGNER_NOT_FOR_DOCUMENTS",
        signed_part=at(*_USAGE, 2, 0, put=instead(bytes.fromhex("03020520"))),
    ),
    "64": _case(
        "The certificate does not say what it is for.",
        "SIGNER_NOT_FOR_DOCUMENTS",
        signed_part=at(*_USAGE, put=gone),
    ),
    "65": _case(
        "The certificate is signed, it says, with RSA and MD5.",
        "UNTRUSTED_ISSUER",
        signed_part=at(2, put=instead(_MD5_RSA)),
        certificate=at(1, put=instead(_MD5_RSA)),
    ),
    "66": _case("The certificate names no algorithm outside.", "PARSE_ERROR", certificate=at(1, put=gone)),
    "67": _case("Another signature on the certificate.", "UNTRUSTED_ISSUER", certificate=at(2, put=last_bit_turned)),
    "68": _case("No signature on the certificate.", "PARSE_ERROR", certificate=at(2, put=gone)),
    "69": _case(
        "Another digest for DG2, and another signature: the graver is said.",
        "HASH_MISMATCH",
        listed=at(2, 1, 1, put=last_bit_turned),
        message=at(*_SIGNER, 5, put=last_bit_turned),
    ),
    "70": _sound("ecdsa", "sha224"),
    "71": _sound("ecdsa", "sha256"),
    "72": _sound("ecdsa", "sha384"),
    "73": _sound("ecdsa", "sha512"),
    "74": _case("The files' digests are SHA-512, the signature's SHA-256.", "GENUINE", list_digest="sha512"),
    "75": _crossed("ecdsa", "rsa"),
    "76": _crossed("rsa", "ecdsa"),
    "77": _crossed("pss", "rsa"),
    "78": _crossed("rsa", "pss"),
    "79": _sound("rsa oid", "sha1"),
    "80": _sound("rsa oid", "sha224"),
    "81": _sound("rsa oid", "sha256"),
    "82": _sound("rsa oid", "sha384"),
    "83": _sound("rsa oid", "sha512"),
    "84": _case(
        "Version 3, and the signer named by issuer and number.",
        "PARSE_ERROR",
        message=at(*_SIGNER, 0, put=instead(_number(3))),
    ),
    "85": _case(
        "Version 1, and the signer named by its key identifier.",
        "PARSE_ERROR",
        message=at(*_SIGNER, 1, put=instead(encode(0x80, bytes(20)))),
    ),
    "86": _case("In the form of LDS 1.8.", "GENUINE", version=1, named=(b"0108", b"040000")),
    "87": _case("In the form of LDS 1.8, and says version 0.", "PARSE_ERROR", version=0, named=(b"0108", b"040000")),
    "88": _case("In the form of LDS 1.7, and says version 1.", "PARSE_ERROR", version=1),
    "89": _case("Of an LDS still to come, 1.9.", "GENUINE", version=1, named=(b"0109", b"040000")),
    "90": _listing("EF.COM lists fewer groups.", (1, 2, 14)),
    "91": _listing("EF.COM lists more groups.", (1, 2, 11, 14, 15)),
    "92": _listing("EF.COM lists others.", (1, 2, 11, 14)),
    "93": NotApplicable(
        reason="EF.SOD holds digests of data groups only (9303-10 4.6.2); EF.CardSecurity is signed by itself."
    ),
    "94": _sound("pss", "sha224"),
    "95": _sound("pss", "sha384"),
    "96": _sound("pss", "sha512"),
    "97": _NO_DSA,
    "98": _NO_DSA,
}  # fmt: skip
