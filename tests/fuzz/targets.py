"""One target for each reader of bytes that a card or a foreign file chose: only refusals by name may leave it."""

from collections.abc import Callable
from functools import cache

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from edge.cards.apdu import Command, PlainChannel
from edge.cards.card_reader import CardReadError
from edge.cards.secure_messaging import SecureChannel
from edge.cards.session_ciphers import AesCipher
from models.chip.active_authentication import WeakKeyError, answer_is_good, answer_length
from models.chip.additional_details import read_document_details, read_person_details
from models.chip.card_security import card_security_signature_is_good, parse_card_security
from models.chip.certificates import parse_certificate
from models.chip.chip_keys import read_chip_key, read_group
from models.chip.data_groups import read_holder, read_portrait
from models.chip.file_list import parse_file_list
from models.chip.master_list import parse_master_list
from models.chip.mrz import holder_of, parse_mrz, wrong_check_digits
from models.chip.national_record import NationalRecordUse, read_national_record
from models.chip.portrait import size_of_portrait
from models.chip.revocation import parse_revocation_list
from models.chip.security_infos import (
    ChipAuthenticationPublicKey,
    PaceDomainParameters,
    TypedInfo,
    infos_of_dg14,
    parse_security_infos,
    typed_info,
)
from models.chip.security_object import own_signature_is_good, parse_security_object
from models.chip.signatures import UnsupportedKeyError
from models.chip.tlv import ParseError, check_nesting, parse_all, parse_header, parse_tag_list
from models.chip.transfer_limits import parse_transfer_limits
from models.chip.trust_files import parse_trust_file
from models.wire import codec
from models.wire.card_trust import DOMAIN, CardTrust, open_card_trust

_CHALLENGE = bytes(8)


class _ScriptedReader:
    """A reader whose card answers with one piece of the input after the other, then with nothing."""

    def __init__(self, script: bytes) -> None:
        self._script = script

    def transmit(self, command: bytes) -> bytes:
        del command
        length = 1 + self._script[0] if self._script else 1
        answer, self._script = self._script[1:length], self._script[length:]
        return answer


def tlv(content: bytes) -> None:
    for read in (check_nesting, parse_all, parse_header, parse_tag_list):
        _refused_by_name(read, content)


def mrz(content: bytes) -> None:
    zone = parse_mrz(content.decode("latin-1"))
    wrong_check_digits(zone)
    holder_of(zone)


def dg14(content: bytes) -> None:
    for info in infos_of_dg14(content):
        _look_at(typed_info(info))


def card_access(content: bytes) -> None:
    for info in parse_security_infos(content):
        _look_at(typed_info(info))


def dg15(content: bytes) -> None:
    _refused_by_name(answer_length, content)
    answer_is_good(content, (), _CHALLENGE, bytes(128))


def security_object(content: bytes) -> None:
    own_signature_is_good(parse_security_object(content))


def card_security(content: bytes) -> None:
    card_security_signature_is_good(parse_card_security(content))


def card_answer(content: bytes) -> None:
    PlainChannel(_ScriptedReader(content)).send(Command(ins=0xB0, expected=256))


def sealed_answer(content: bytes) -> None:
    channel = SecureChannel(_ScriptedReader(content), AesCipher(bytes(16), bytes(16)))
    channel.send(Command(ins=0xB0, expected=223))


@cache
def _authority() -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(bytes(32))


def card_trust(content: bytes) -> None:
    """As a whole bundle, and as what a bundle signs, which only the authority's key would let come so far."""
    open_card_trust(content, _authority().public_key())
    signed = codec.encode({"body": content, "signature": _authority().sign(DOMAIN + content)})
    opened = open_card_trust(signed, _authority().public_key())
    if isinstance(opened, CardTrust):
        opened.store().of_country("VNM")


def _look_at(typed: TypedInfo) -> None:
    if isinstance(typed, ChipAuthenticationPublicKey):
        _refused_by_name(read_chip_key, typed.public_key)
    if isinstance(typed, PaceDomainParameters):
        _refused_by_name(read_group, typed.algorithm)


def _refused_by_name(read: Callable[[bytes], object], content: bytes) -> None:
    try:
        read(content)
    except (ParseError, UnsupportedKeyError):
        return


_TARGETS: dict[str, Callable[[bytes], object]] = {
    "tlv": tlv,
    "mrz": mrz,
    "dg1": read_holder,
    "dg2": read_portrait,
    "dg11": read_person_details,
    "dg12": read_document_details,
    "dg13": lambda content: read_national_record(content, NationalRecordUse.COMPARE_NAME_AND_NUMBER),
    "dg14": dg14,
    "dg15": dg15,
    "portrait_header": size_of_portrait,
    "security_object": security_object,
    "card_access": card_access,
    "card_security": card_security,
    "file_list": parse_file_list,
    "transfer_limits": parse_transfer_limits,
    "certificate": parse_certificate,
    "master_list": parse_master_list,
    "revocation_list": parse_revocation_list,
    "trust_file": parse_trust_file,
    "card_trust": card_trust,
    "card_answer": card_answer,
    "sealed_answer": sealed_answer,
}
NAMES = tuple(_TARGETS)


def read_by(name: str, content: bytes) -> None:
    """Give `content` to a target; whatever it raises comes out."""
    _TARGETS[name](content)


def try_target(name: str, content: bytes) -> None:
    """Give `content` to a target; whatever it raises beyond refusals by name comes out."""
    try:
        read_by(name, content)
    except (ParseError, UnsupportedKeyError, WeakKeyError, CardReadError):
        return
