"""Cards with one file made otherwise and signed anew, and cards whose chip has one kind of key alone."""

from collections.abc import Iterable, Mapping

from msgspec.structs import replace

from models.chip.tlv import encode
from provisioning.rehearsal.card_files import CardBuild
from provisioning.rehearsal.key_drawing import new_agreement_key
from provisioning.rehearsal.security_info_writing import security_options
from provisioning.rehearsal.security_object import sign_card_security, sign_security_object
from provisioning.rehearsal.soft_chip.card import Card, ShortFile
from provisioning.rehearsal.soft_chip.chip_keys import AgreementKey, PaceMapping, PaceOffer, SigningKey
from tests.builders.built_cards import built_card, issuers
from tests.builders.cards import some_person

_GROUPS = (ShortFile.DG1, ShortFile.DG2, ShortFile.DG14, ShortFile.DG15)
CAM = PaceOffer(mapping=PaceMapping.ECDH_CHIP)


def resigned(card: Card, changed: Mapping[ShortFile, bytes]) -> Card:
    """The card with these files, and its digests signed over them."""
    files = card.files | dict(changed)
    groups = {number: files[number] for number in _GROUPS if number in files}
    signed = sign_security_object(groups, issuers().trusted, some_person().card_issued_on)
    return replace(card, files=files | {ShortFile.SOD: signed})


def with_infos(card: Card, access: Iterable[bytes], more: Iterable[bytes] = ()) -> Card:
    """The card with these infos in EF.CardAccess, and them and `more` in DG14."""
    access = tuple(access)
    options = security_options((*access, *more))
    return resigned(
        replace(card, files=card.files | {ShortFile.CARD_ACCESS: encode(0x31, b"".join(access))}),
        {ShortFile.DG14: options},
    )


def keyed(
    *, chip: AgreementKey | None = None, active: SigningKey | None = None, pace: tuple[PaceOffer, ...] = (PaceOffer(),)
) -> Card:
    """A card with these keys alone: GENUINE shows that they were proven."""
    return built_card(CardBuild(chip_key=chip, active_key=active, pace=pace))


def mapping_card(parameter: int = 13) -> Card:
    """A card whose one key is for chip authentication and its mapping."""
    offer, key = replace(CAM, parameter=parameter), new_agreement_key(parameter)
    return built_card(CardBuild(chip_key=key, active_key=None, pace=(offer,), mapping_key=key))


def with_card_security(card: Card, infos: bytes) -> Card:
    """The card with these infos in EF.CardSecurity, properly signed."""
    signed = sign_card_security(infos, issuers().trusted, some_person().card_issued_on)
    return replace(card, files=card.files | {ShortFile.CARD_SECURITY: signed})
