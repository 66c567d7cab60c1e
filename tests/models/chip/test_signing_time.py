"""A signing time without a zone is refused like any other malformed field; it never ends the judgement."""

import hashlib

import msgspec
import pytest
from asn1crypto import cms, core

from models.chip.passive_authentication import judge_chip
from models.chip.trust_store import TrustStore
from models.chip.verdict import ChipVerdict
from models.evidence import CardEvidence
from provisioning.rehearsal import security_object as writing
from provisioning.rehearsal.tlv_writing import tlv
from tests.builders.chip_evidence import AT, der, issuer, make_evidence


def with_signing_time(text: str) -> CardEvidence:
    """Good evidence whose security object was rewritten with this time and a worthless signature."""
    good = make_evidence()
    signed = cms.ContentInfo.load(good.security_object[4:])["content"]
    content = signed["encap_content_info"]["content"].parsed.dump()
    moment = cms.Time(
        name="generalized_time", value=core.GeneralizedTime.load(b"\x18" + bytes([len(text)]) + text.encode())
    )
    attributes = cms.CMSAttributes(
        [
            cms.CMSAttribute({"type": "content_type", "values": [writing.LDS_SECURITY_OBJECT_OID]}),
            cms.CMSAttribute({"type": "message_digest", "values": [hashlib.sha256(content).digest()]}),
            cms.CMSAttribute({"type": "signing_time", "values": [moment]}),
        ]
    )
    forged = cms.SignedData(
        {
            "version": "v3",
            "digest_algorithms": [{"algorithm": "sha256"}],
            "encap_content_info": {
                "content_type": writing.LDS_SECURITY_OBJECT_OID,
                "content": core.ParsableOctetString(content),
            },
            "certificates": [writing._certificate(issuer())],
            "signer_infos": [writing._signer(issuer(), attributes, b"\x30\x06\x02\x01\x01\x02\x01\x01")],
        }
    )
    file = tlv(0x77, cms.ContentInfo({"content_type": "signed_data", "content": forged}).dump())
    return msgspec.structs.replace(good, security_object=file)


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("20230105030000Z", ChipVerdict.SIGNATURE_INVALID),
        ("20230105030000", ChipVerdict.PARSE_ERROR),
        ("00000101000000Z", ChipVerdict.PARSE_ERROR),
    ],
)
def test_rfc_5652_11_3_a_signing_time_has_a_zone(text: str, verdict: ChipVerdict) -> None:
    trust = TrustStore.of((der(issuer().country_signer),))
    assert judge_chip(with_signing_time(text), trust, AT).verdict is verdict
