"""Writes the kept inputs anew from made-up cards: `python -m tests.fuzz.made_up_files`. Lines called "found" stay.

Nothing in them is or was a person's; the portrait is a drawn oval.
"""

import hashlib
import io
import ssl

from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from PIL import Image

from edge.cards.session_ciphers import AesCipher
from models.chip.tlv import encode
from models.identifiers import Sex
from models.wire import codec
from models.wire.card_trust import CardTrust, sign_card_trust
from provisioning.rehearsal.data_group_writing import common_file, mrz_group, portrait_group
from provisioning.rehearsal.security_info_writing import card_access_file, security_options_group
from tests.builders.card_trust import card_trust
from tests.builders.chip_evidence import AT, ZONE, make_evidence, make_issuer
from tests.builders.country_lists import country_certificate, master_list, revocation_list
from tests.builders.signed_messages import SECURITY_OBJECT, Wrapping, security_object_file, signed_message
from tests.fuzz.kept_inputs import FOLDER, keep_inputs, kept_inputs

_TD1 = "I<UTOD231458907<<<<<<<<<<<<<<<7408122F1204159UTO<<<<<<<<<<<6ERIKSSON<<ANNA<MARIA<<<<<<<<<<"
_TD2 = "I<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<D231458907UTO7408122F1204159<<<<<<<6"
_TD3 = "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<L898902C36UTO7408122F1204159ZE184226B<<<<<10"


def made_up_files() -> dict[str, dict[str, bytes]]:
    """By target, then by what each is. Keys are new each time."""
    key = ec.generate_private_key(ec.BrainpoolP256R1())
    public = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    rsa_public = rsa.generate_private_key(65537, 2048).public_key()
    evidence = make_evidence(by=make_issuer())
    jpeg, jpeg2000 = _oval("JPEG"), _oval("JPEG2000")
    digests = {number: hashlib.sha256(bytes([number])).digest() for number in (1, 2, 14)}
    return {
        "tlv": {"two levels": encode(0x7F61, b"\x02\x01\x01" + encode(0x7F60, bytes.fromhex("A103810102 5F2E00")))},
        "mrz": {"TD1": _TD1.encode(), "TD2": _TD2.encode(), "TD3": _TD3.encode(), "citizen": ZONE.encode()},
        "dg1": {"citizen": mrz_group(ZONE), "TD2": mrz_group(_TD2), "TD3": mrz_group(_TD3)},
        "dg2": {
            "JPEG": portrait_group(jpeg, Sex.MALE),
            "JPEG 2000": portrait_group(jpeg2000, Sex.FEMALE),
            "ISO/IEC 39794-5": _newer_portrait(jpeg),
        },
        "dg11": {"texts": _person_details()},
        "dg12": {"texts": _document_details()},
        "dg13": {"citizen": _national_record()},
        "dg14": {"citizen": security_options_group(13, public)},
        "dg15": {
            "ECDSA": encode(0x6F, public),
            "RSA": encode(0x6F, rsa_public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)),
        },
        "portrait_header": {"JPEG": jpeg, "JPEG 2000": jpeg2000, "codestream": jpeg2000[jpeg2000.index(b"\xff\x4f") :]},
        "security_object": {
            "LDS 1.7": evidence.security_object,
            "LDS 1.8": security_object_file(digests, version=1, named=(b"0108", b"040000")),
            "RSA-PSS": security_object_file(digests, Wrapping(scheme="pss")),
        },
        "card_access": {"citizen": card_access_file(13)},
        "card_security": {"citizen": signed_message(card_access_file(13), Wrapping(content_type=SECURITY_OBJECT))},
        "file_list": {"citizen": common_file((1, 2, 14, 15))},
        "transfer_limits": {"extended": bytes.fromhex("4703 8480C1 7F6608 02020200 0202FFFF")},
        "certificate": {"country": country_certificate(key, key)},
        "master_list": {"one": master_list([country_certificate(key, key)])},
        "revocation_list": {"one": revocation_list(key, revoked={7: AT})},
        "trust_file": {"PEM": _pem(country_certificate(key, key)), "DER": country_certificate(key, key)},
        "card_trust": {
            "bundle": sign_card_trust(_trust(key), Ed25519PrivateKey.from_private_bytes(bytes(32))),
            "what it signs": codec.encode(_trust(key)),
        },
        "card_answer": {"rest to fetch": bytes.fromhex("02 6104 06 41424344 9000 02 6C04 02 9000")},
        "sealed_answer": {"status": _sealed_status()},
    }


def _trust(key: ec.EllipticCurvePrivateKey) -> CardTrust:
    return card_trust(certificates=(country_certificate(key, key),), lists=(revocation_list(key, revoked={7: AT}),))


def _pem(certificate: bytes) -> bytes:
    return ssl.DER_cert_to_PEM_cert(certificate).encode()


def _oval(form: str) -> bytes:
    file = io.BytesIO()
    Image.radial_gradient("L").resize((24, 32)).convert("RGB").save(file, form)
    return file.getvalue()


def _newer_portrait(picture: bytes) -> bytes:
    flat = encode(0x80, picture) + bytes.fromhex("A105A003800102")
    representation = encode(0x80, b"\x00") + encode(0xA1, encode(0xA0, encode(0xA0, flat)))
    block = encode(0x65, bytes.fromhex("A007800103810207E3") + encode(0xA1, encode(0x30, representation)))
    header = bytes.fromhex("A10B 810102 87020101 8802002A")
    template = encode(0x7F60, header + encode(0x7F2E, encode(0xA1, block)))
    return encode(0x75, encode(0x7F61, b"\x02\x01\x01" + template))


def _person_details() -> bytes:
    names = b"\x02\x01\x02" + encode(0x5F0F, b"AN<<B") + encode(0x5F0F, b"AN<<C")
    fields = encode(0x5F0E, "NGUYỄN<<AN".encode()) + encode(0xA0, names) + encode(0x5F2B, b"20080309")
    return encode(0x6B, bytes.fromhex("5C06 5F0E 5F0F 5F2B") + fields)


def _document_details() -> bytes:
    fields = encode(0x5F19, b"VNM") + encode(0x5F26, bytes.fromhex("20230105")) + encode(0x5F1D, b"\xff\xd8\xff")
    return encode(0x6C, bytes.fromhex("5C06 5F19 5F26 5F1D") + fields)


def _national_record() -> bytes:
    values = {
        1: encode(0x13, b"001208012345"),
        2: encode(0x0C, "Nguyễn Văn An".encode()),
        3: encode(0x13, b"09/03/2008"),
        13: encode(0x30, encode(0x0C, b"A")) + encode(0x30, encode(0x0C, b"B")),
        15: encode(0x13, b"012345678"),
    }
    fields = b"".join(encode(0x30, encode(0x02, bytes([number])) + value) for number, value in values.items())
    return encode(0x6D, encode(0x30, bytes.fromhex("020101 060628D316010008") + encode(0x31, fields)))


def _sealed_status() -> bytes:
    """What a card answers to the first command under keys of zeros: status 9000 and its checksum."""
    cipher = AesCipher(bytes(16), bytes(16))
    cipher.step()
    cipher.step()
    status = bytes.fromhex("99029000")
    answer = status + encode(0x8E, cipher.checksum(status + b"\x80" + bytes(11))) + b"\x90\x00"
    return bytes([len(answer)]) + answer


if __name__ == "__main__":
    for target, files in made_up_files().items():
        found = {}
        if (FOLDER / f"{target}.txt").exists():
            found = {what: content for what, content in kept_inputs(target).items() if what.startswith("found")}
        keep_inputs(target, files | found)
