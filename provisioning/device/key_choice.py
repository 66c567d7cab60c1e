"""Which keeper a box uses, whether its key really carries a TLS connection, and the grade that follows.

Not here: making keys (`file_keys`, `tpm_keys`, `token_keys`).
"""

import os
import struct
from pathlib import Path
from typing import Final

from models.enrollment import KeyGrade
from provisioning.device.file_keys import FileKeys
from provisioning.device.key_trial import carries_tls
from provisioning.device.keys import KEY_FILE, KeyFailedError, KeyKeeper
from provisioning.device.token_keys import MODULES, URI_FILE, TokenKeys
from provisioning.device.tpm_keys import KERNEL_TPM, MARK, TpmKeys

_EFI_SECURE_BOOT: Final = "sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c"
_PI_SIGNED_BOOT: Final = "proc/device-tree/chosen/bootloader/signed"
_PI_SIGNED, _PI_KEY_IN_FUSES = 1 << 0, 1 << 3


class TokenUnfitError(KeyFailedError):
    """This Debian cannot use a PKCS#11 key for TLS. Use `--key file` or `--key tpm`, or Debian 13 and its provider."""


def choose(wanted: str, tpm: str | None, token: TokenKeys | None, scratch: Path) -> KeyKeeper:
    """The keeper for `wanted`: `auto`, `file`, `tpm` or `pkcs11`. Raises KeyFailedError when it does not work here.

    `tpm` names another TPM than the kernel's; `auto` takes a TPM only when a trial connection with it succeeds in
    `scratch`, and never a token.
    """
    match wanted:
        case "tpm":
            keeper = TpmKeys(tpm or KERNEL_TPM)
            carries_tls(keeper, scratch)
            return keeper
        case "pkcs11":
            if token is None:
                raise KeyFailedError("Name the token: --pkcs11-module FILE --pkcs11-token LABEL --pkcs11-pin-file FILE")
            if not token.can_speak_tls():
                raise TokenUnfitError(
                    "OpenSSL's pkcs11 provider is not installed (Debian has it from version 13), so this key could "
                    "not open a TLS connection. Use --key tpm or --key file."
                )
            carries_tls(token, scratch)
            return token
        case "auto" if (tpm or Path("/dev/tpmrm0").exists()) and (MODULES / "tpm2.so").is_file():
            try:
                return choose("tpm", tpm, None, scratch)
            except KeyFailedError:
                return FileKeys()
        case _:
            return FileKeys()


def keeper_of(identity: Path, token: TokenKeys | None = None) -> KeyKeeper:
    """The keeper of the key in an identity's folder. Raises KeyFailedError."""
    if (identity / URI_FILE).exists():
        if token is None:
            raise KeyFailedError("This box's key is on a PKCS#11 token; name it again with the --pkcs11 options.")
        return token
    try:
        is_sealed = MARK in (identity / KEY_FILE).read_bytes()
    except OSError:
        raise KeyFailedError(f"The key in {identity} is missing. Enrol the box again.") from None
    return TpmKeys(os.environ.get("TPM2OPENSSL_TCTI", KERNEL_TPM)) if is_sealed else FileKeys()


def grade(keeper: KeyKeeper, box: Path, root: Path = Path("/")) -> KeyGrade:
    """How well the key is kept, by what this machine says of itself (reliability: nothing is admitted because of it).

    `root` is where /proc and /sys stand.
    """
    if keeper.is_hardware:
        return KeyGrade.LOCKED if boot_is_locked(root) else KeyGrade.ENCRYPTED
    return KeyGrade.ENCRYPTED if disk_is_encrypted(box, root) else KeyGrade.PLAIN


def boot_is_locked(root: Path) -> bool:
    """UEFI Secure Boot is on, or a Raspberry Pi checks its boot image against a key in its fuses.

    The variable's last byte is its value (UEFI 2.10 section 3.3); the Pi's word is big-endian, bit 0 signed boot, bit 3
    key in the fuses.
    """
    try:
        if (root / _EFI_SECURE_BOOT).read_bytes()[-1:] == b"\x01":
            return True
    except OSError:
        pass
    try:
        (flags,) = struct.unpack(">I", (root / _PI_SIGNED_BOOT).read_bytes()[:4])
    except (OSError, struct.error):
        return False
    return bool(flags & _PI_SIGNED and flags & _PI_KEY_IN_FUSES)


def disk_is_encrypted(folder: Path, root: Path) -> bool:
    """Whether the folder's disk, or one of those below it, is a dm-crypt device."""
    place = folder
    while not place.exists() and place != place.parent:
        place = place.parent
    device = place.stat().st_dev
    return _is_crypt(root / f"sys/dev/block/{os.major(device)}:{os.minor(device)}")


def _is_crypt(block: Path) -> bool:
    try:
        if (block / "dm/uuid").read_text("ascii").startswith("CRYPT-"):
            return True
    except OSError:
        pass
    return any(_is_crypt(slave) for slave in block.glob("slaves/*"))
