"""Verifying a signature of the document PKI: RSA (PKCS#1 v1.5 and PSS) and ECDSA (ICAO Doc 9303-12 section 4.4).

Keys come as `SubjectPublicKeyInfo`; curves written out in full are matched against the named ones here. What cannot be
computed is said as `UnsupportedKeyError`, never taken for a good or a bad signature.
"""

from asn1crypto import algos, keys
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

from models.chip import curves
from models.chip.curve_points import BadPublicKeyError, decode_point
from models.chip.integer_ecdsa import integer_ecdsa_is_good
from models.chip.tlv import ParseError
from models.errors import ClassroomError

_HASHES: dict[str, type[hashes.HashAlgorithm]] = {
    "sha1": hashes.SHA1,
    "sha224": hashes.SHA224,
    "sha256": hashes.SHA256,
    "sha384": hashes.SHA384,
    "sha512": hashes.SHA512,
}
_NAMED = {curve.name.lower(): curve for curve in curves.CURVES}
_PLAIN_ECDSA = {f"0.4.0.127.0.7.1.1.4.1.{number}": name for number, name in enumerate(_HASHES, 1)}
"""ecdsa-plain-signatures (BSI TR-03111 section 5.2.1): r and s one after the other instead of in DER."""
_SHORTEST_RSA = 1024
_LONGEST_RSA = 8192
_LONGEST_SALT = 512
ASN1_ERRORS = (ValueError, TypeError, LookupError, AttributeError, OverflowError)
"""What asn1crypto raises, at reading or at first use, for bytes that are no ASN.1 or of another type than expected."""


class UnsupportedKeyError(ClassroomError):
    """A certificate uses a key, curve or algorithm that this program cannot compute with; its card stays unproven."""


def load_public_key(info: keys.PublicKeyInfo) -> rsa.RSAPublicKey | ec.EllipticCurvePublicKey:
    """The key inside `info`. Raises `UnsupportedKeyError` for other kinds, unknown curves and points off the curve."""
    try:
        kind = info.algorithm
        if kind in {"rsa", "rsassa_pss"}:
            numbers = info["public_key"].parsed.native
            return rsa.RSAPublicNumbers(e=numbers["public_exponent"], n=numbers["modulus"]).public_key()
        if kind == "ec":
            library = curve_of(info).library
            if library is None:
                raise UnsupportedKeyError("A certificate's elliptic curve is none of the supported ones.")
            return ec.EllipticCurvePublicKey.from_encoded_point(library, info["public_key"].native)
    except (*ASN1_ERRORS, UnsupportedAlgorithm) as error:
        raise UnsupportedKeyError("A certificate's public key cannot be used.") from error
    raise UnsupportedKeyError(f"Keys of the kind {kind} are not supported.")


def curve_of(info: keys.PublicKeyInfo) -> curves.Curve:
    """The curve that a key of kind ec names or writes out. Raises `UnsupportedKeyError`."""
    parameters = info["algorithm"]["parameters"].chosen
    if isinstance(parameters, keys.NamedCurve):
        curve = _NAMED.get(parameters.native.lower())
    elif isinstance(parameters, keys.SpecifiedECDomain):
        curve = _written_out(parameters)
    else:
        curve = None
    if curve is None:
        raise UnsupportedKeyError("A certificate's elliptic curve is none of the supported ones.")
    return curve


def _written_out(domain: keys.SpecifiedECDomain) -> curves.Curve | None:
    base = domain["base"].native
    half = len(base) // 2
    if base[:1] != b"\x04" or len(base) % 2 != 1 or domain["cofactor"].native is None:
        return None
    return curves.curve_with(
        p=domain["field_id"]["parameters"].native,
        a=int.from_bytes(domain["curve"]["a"].native),
        b=int.from_bytes(domain["curve"]["b"].native),
        generator=(int.from_bytes(base[1 : half + 1]), int.from_bytes(base[half + 1 :])),
        n=domain["order"].native,
        h=domain["cofactor"].native,
    )


def signature_is_good(
    info: keys.PublicKeyInfo,
    algorithm: algos.SignedDigestAlgorithm,
    digest: str,
    signature: bytes,
    message: bytes,
) -> bool:
    """Whether `signature` over `message` was made with the key in `info`.

    `algorithm` is the signature algorithm as written; `digest` (a name such as "sha256") counts where the algorithm
    does not name a hash itself. Raises `UnsupportedKeyError`; `ParseError` when its parameters are damaged.
    """
    try:
        algorithm, signature = _in_der(algorithm, signature)
        scheme = algorithm.signature_algo
        named = algorithm["algorithm"].native
        chosen = digest if named in {"rsassa_pkcs1v15", "ecdsa"} else algorithm.hash_algo
        hash_kind = _HASHES[chosen]()
    except ASN1_ERRORS as error:
        raise UnsupportedKeyError("A signature algorithm or its hash is not supported.") from error
    own = _own_curve(info)
    if own is not None and scheme == "ecdsa":
        return _good_in_integers(own, info, hash_kind, signature, message)
    key = load_public_key(info)
    try:
        match key, scheme:
            case rsa.RSAPublicKey(), _ if key.key_size < _SHORTEST_RSA or key.public_numbers().e < 3:
                raise UnsupportedKeyError("An RSA key is too weak to prove anything.")
            case rsa.RSAPublicKey(), _ if key.key_size > _LONGEST_RSA:
                raise UnsupportedKeyError("An RSA key is longer than any real one.")
            case rsa.RSAPublicKey(), "rsassa_pkcs1v15":
                key.verify(signature, message, padding.PKCS1v15(), hash_kind)
            case rsa.RSAPublicKey(), "rsassa_pss":
                key.verify(signature, message, _pss(algorithm), hash_kind)
            case ec.EllipticCurvePublicKey(), "ecdsa":
                key.verify(signature, message, ec.ECDSA(hash_kind))
            case _:
                raise UnsupportedKeyError("A key and its signature algorithm do not belong together.")
    except InvalidSignature:
        return False
    except UnsupportedAlgorithm as error:
        raise UnsupportedKeyError("A signature algorithm is not supported here.") from error
    return True


def _in_der(algorithm: algos.SignedDigestAlgorithm, signature: bytes) -> tuple[algos.SignedDigestAlgorithm, bytes]:
    """A plain ECDSA signature and its algorithm as the other libraries know them; all others as they are."""
    digest = _PLAIN_ECDSA.get(algorithm["algorithm"].dotted)
    if digest is None:
        return algorithm, signature
    half = len(signature) // 2
    numbers = int.from_bytes(signature[:half]), int.from_bytes(signature[half:])
    return algos.SignedDigestAlgorithm({"algorithm": f"{digest}_ecdsa"}), encode_dss_signature(*numbers)


def check_public_key(info: keys.PublicKeyInfo) -> None:
    """Raises `UnsupportedKeyError` when signatures of this key cannot be computed here."""
    own = _own_curve(info)
    if own is None:
        load_public_key(info)
    else:
        _point(own, info)


def _own_curve(info: keys.PublicKeyInfo) -> curves.Curve | None:
    """The curve of a key that only we compute with, the library does not."""
    try:
        curve = curve_of(info) if info.algorithm == "ec" else None
    except ASN1_ERRORS as error:
        raise UnsupportedKeyError("A certificate's public key cannot be used.") from error
    return curve if curve is not None and curve.library is None else None


def _point(curve: curves.Curve, info: keys.PublicKeyInfo) -> tuple[int, int]:
    try:
        return decode_point(curve, info["public_key"].native)
    except (*ASN1_ERRORS, BadPublicKeyError) as error:
        raise UnsupportedKeyError("A certificate's public key cannot be used.") from error


def _good_in_integers(
    curve: curves.Curve, info: keys.PublicKeyInfo, hash_kind: hashes.HashAlgorithm, signature: bytes, message: bytes
) -> bool:
    point = _point(curve, info)
    try:
        numbers = decode_dss_signature(signature)
    except ValueError:
        return False
    digest = hashes.Hash(hash_kind)
    digest.update(message)
    return integer_ecdsa_is_good(curve, point, digest.finalize(), numbers)


def _pss(algorithm: algos.SignedDigestAlgorithm) -> padding.PSS:
    try:
        parameters = algorithm["parameters"]
        mask = parameters["mask_gen_algorithm"]
        mask_hash = _HASHES[mask["parameters"]["algorithm"].native]()
        salt = parameters["salt_length"].native
        if not 0 <= salt <= _LONGEST_SALT:
            raise ParseError("The salt of an RSA-PSS signature is longer than any key.")
        return padding.PSS(mgf=padding.MGF1(mask_hash), salt_length=salt)
    except ASN1_ERRORS as error:
        raise ParseError("The parameters of an RSA-PSS signature are damaged.") from error
