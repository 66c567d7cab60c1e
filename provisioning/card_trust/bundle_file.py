"""The signed bundle as a file at the authority, and the public key beside it that central is given with it."""

from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key

from models.chip.trust_files import LARGEST_FILE_BYTES
from models.durable_files import write_whole
from models.errors import BadInputError
from models.wire.card_trust import CardTrust, CardTrustRefusal, open_card_trust, sign_card_trust
from provisioning.stick_files import UnfitFileError, read_regular

_MOST_FILES: Final = 5_000


class BundleFileError(BadInputError):
    """The bundle or a file for it cannot be used. The sentence says which."""


def public_key_file(bundle: Path) -> Path:
    """Where the public key lies: `card-trust` has `card-trust.public.pem`."""
    return bundle.with_name(f"{bundle.name}.public.pem")


def read_bundle(bundle: Path) -> CardTrust | None:
    """What is held, None before the first. Raises `BundleFileError` when its signature is not good."""
    try:
        content = bundle.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise BundleFileError(_broken(bundle, str(error.strerror))) from None
    opened = open_card_trust(content, _read_key(public_key_file(bundle)))
    if isinstance(opened, CardTrustRefusal):
        raise BundleFileError(_broken(bundle, opened.value))
    return opened


def write_bundle(bundle: Path, trust: CardTrust, key: Ed25519PrivateKey) -> None:
    """Sign it and write both files. Raises `StorageError`, `CardTrustTooLargeError`; then the old ones stand."""
    signed = sign_card_trust(trust, key)
    pem = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    write_whole(public_key_file(bundle), pem)
    write_whole(bundle, signed)


def read_files(places: list[Path]) -> list[tuple[str, bytes]]:
    """Name and content of each file; of a folder, of the files in it. Raises `BundleFileError`."""
    files: list[Path] = []
    for place in places:
        if place.is_dir():
            inside = (path for path in place.iterdir() if path.is_file() and not path.name.startswith("."))
            files += sorted(inside)
        else:
            files.append(place)
    if len(files) > _MOST_FILES:
        raise BundleFileError(f"Quá {_MOST_FILES} tệp.\nMore than {_MOST_FILES} files.")
    return [(path.name, _content(path)) for path in files]


def _content(path: Path) -> bytes:
    try:
        return read_regular(path, LARGEST_FILE_BYTES)
    except UnfitFileError as error:
        raise BundleFileError(str(error)) from None
    except OSError as error:
        sentence = f"Không đọc được {path} ({error.strerror}).\n{path} cannot be read ({error.strerror})."
        raise BundleFileError(sentence) from None


def _read_key(path: Path) -> Ed25519PublicKey:
    try:
        key = load_pem_public_key(path.read_bytes())
    except (OSError, ValueError):
        key = None
    if not isinstance(key, Ed25519PublicKey):
        raise BundleFileError(
            f"Thiếu hoặc hỏng khoá công khai {path}. Chép lại cùng với gói.\n"
            f"The public key {path} is missing or broken. Copy it again together with the bundle."
        )
    return key


def _broken(bundle: Path, why: str) -> str:
    return (
        f"Không dùng được gói {bundle} ({why}). Chép lại từ máy chủ trung tâm, cả khoá công khai.\n"
        f"The bundle {bundle} cannot be used ({why}). Copy it back from central, with its public key."
    )
