"""The box's trust list: taken from the network or a USB stick under the same rules, never exchanged for an older one.

Not here: what the list says (`models.wire.trust_list`), fetching it (`caretaker`).
"""

from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key

from models.durable_files import write_whole
from models.errors import BadInputError, SettingsError
from models.wire.trust_list import (
    FILE_NAME,
    LARGEST_BYTES,
    SignedTrustList,
    TrustList,
    TrustListRefusal,
    from_file,
    open_trust_list,
    to_file,
)
from provisioning.device.box_folder import BoxFolder
from provisioning.stick_files import UnfitFileError, read_regular

_SENTENCES: Final = {
    TrustListRefusal.UNKNOWN_SHAPE: (
        "Danh sách tin cậy hỏng hoặc của phiên bản khác. Chép lại từ máy cấp chứng thư.",
        "The trust list is broken or of another version. Copy it again from the authority.",
    ),
    TrustListRefusal.WRONG_SIGNATURE: (
        "Danh sách tin cậy không do máy cấp chứng thư của hộp này ký. Không dùng, báo cho sở.",
        "The trust list is not signed by this box's authority. It is not used; tell the province's IT.",
    ),
    TrustListRefusal.OTHER_SCHOOL: (
        "Danh sách tin cậy này của trường khác. Chép đúng danh sách của trường.",
        "This trust list is another school's. Copy the one of this school.",
    ),
    TrustListRefusal.OLDER_THAN_HELD: (
        "Hộp đã có danh sách mới hơn. Giữ nguyên danh sách đang có.",
        "The box holds a newer list already. It keeps that one.",
    ),
    TrustListRefusal.PAST_GOOD_UNTIL: (
        "Danh sách tin cậy đã hết hạn (hoặc đồng hồ của hộp sai). Chép danh sách mới.",
        "The trust list is past its date (or the box's clock is wrong). Copy a new one.",
    ),
}


class TrustListRefusedError(BadInputError):
    """The list is not taken; the box keeps the one it has. `refusal` says why."""

    def __init__(self, refusal: TrustListRefusal) -> None:
        super().__init__(sentence_of(refusal))
        self.refusal = refusal


class NoTrustListError(BadInputError):
    """No trust list lies at this place."""


def sentence_of(refusal: TrustListRefusal) -> str:
    """What to do, in Vietnamese and in English."""
    return "\n".join(_SENTENCES[refusal])


def held_version(box: BoxFolder) -> int | None:
    """The version of the list on the box, None when it has no list that opens."""
    found = held(box)
    return None if found is None else found.version


def held(box: BoxFolder) -> TrustList | None:
    """The list on the box, None when it has none that opens. A past one still counts."""
    try:
        signed = from_file(box.trust_list.read_bytes())
    except (OSError, BadInputError):
        return None
    found = open_trust_list(signed, _key(box), box.read_room().school_id, datetime.min.replace(tzinfo=UTC), None)
    return found if isinstance(found, TrustList) else None


def take(box: BoxFolder, signed: SignedTrustList) -> TrustList:
    """Keeps a list that is not older than the one held. Raises TrustListRefusedError; then nothing was changed."""
    found = open_trust_list(signed, _key(box), box.read_room().school_id, datetime.now(UTC), held_version(box))
    if isinstance(found, TrustListRefusal):
        raise TrustListRefusedError(found)
    _keep_central_keys(box, found)
    write_whole(box.trust_list, to_file(signed))
    return found


def read_file(place: Path) -> SignedTrustList:
    """A list as it lies in a file, or in the folder of a USB stick that holds `trust-list.json`; not judged yet.

    Raises NoTrustListError, TrustListRefusedError.
    """
    path = place / FILE_NAME if place.is_dir() else place
    try:
        content = read_regular(path, LARGEST_BYTES)
    except UnfitFileError:
        raise TrustListRefusedError(TrustListRefusal.UNKNOWN_SHAPE) from None
    except OSError:
        raise NoTrustListError(
            f"Không thấy {FILE_NAME} ở {place}. Cắm lại thẻ USB, rồi thử lại.\n"
            f"There is no {FILE_NAME} at {place}. Plug the stick in again, then try again."
        ) from None
    try:
        return from_file(content)
    except BadInputError:
        raise TrustListRefusedError(TrustListRefusal.UNKNOWN_SHAPE) from None


def _key(box: BoxFolder) -> Ed25519PublicKey:
    try:
        key = load_pem_public_key(box.trust_key.read_bytes())
    except (OSError, ValueError):
        raise SettingsError(f"{box.trust_key} is missing or broken. Enrol the box again.") from None
    if not isinstance(key, Ed25519PublicKey):
        raise SettingsError(f"{box.trust_key} is no Ed25519 key. Enrol the box again.")
    return key


def _keep_central_keys(box: BoxFolder, trust_list: TrustList) -> None:
    """All keys of central that count now; the room agent reads them when it starts."""
    try:
        content = b"".join(public_pem(key) for key in trust_list.central_keys)
    except ValueError:
        raise TrustListRefusedError(TrustListRefusal.UNKNOWN_SHAPE) from None
    if content and content != _content(box.central_key):
        write_whole(box.central_key, content)


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


def public_pem(raw: bytes) -> bytes:
    """A raw Ed25519 key as PEM. Raises ValueError."""
    key = Ed25519PublicKey.from_public_bytes(raw)
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
