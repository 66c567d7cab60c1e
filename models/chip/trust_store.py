"""The anchors that we trust: country signing certificates (CSCA), ICAO Doc 9303-12 section 3.

Certificates that cannot be used are passed over and named, so that one odd file never hides the others.
Not here: reading directories (programs do), master lists, revocation.
"""

from collections.abc import Iterable
from typing import Self

import msgspec

from models.chip.certificates import Certificate, parse_certificate
from models.chip.signatures import UnsupportedKeyError, load_public_key
from models.chip.tlv import ParseError


class TrustStore(msgspec.Struct, frozen=True, kw_only=True):
    """`anchors` can vouch; `passed_over` has one English sentence for each certificate that cannot."""

    anchors: tuple[Certificate, ...]
    passed_over: tuple[str, ...]

    @classmethod
    def of(cls, certificates: Iterable[bytes]) -> Self:
        """The store of these DER certificates; the same one twice counts once."""
        anchors: list[Certificate] = []
        passed_over: list[str] = []
        for place, encoded in enumerate(dict.fromkeys(certificates), start=1):
            try:
                anchors.append(_anchor(encoded))
            except (ParseError, UnsupportedKeyError) as error:
                passed_over.append(f"Certificate {place}: {error}")
        return cls(anchors=tuple(anchors), passed_over=tuple(passed_over))

    def of_country(self, code: str) -> tuple[Certificate, ...]:
        """The anchors of a country given by the three letters of its documents."""
        return tuple(anchor for anchor in self.anchors if anchor.country == code)


def _anchor(encoded: bytes) -> Certificate:
    certificate = parse_certificate(encoded)
    load_public_key(certificate.public_key)
    if not certificate.is_authority:
        raise ParseError("It is not an authority's certificate.")
    if certificate.usage is not None and "key_cert_sign" not in certificate.usage:
        raise ParseError("It may not sign certificates.")
    return certificate
