"""Debian's libeac3 by ctypes, for the card and for the reader that are not our own code. Not here: what either says."""

import ctypes
from ctypes.util import find_library
from typing import Final

FOR_PACE: Final = 0
PACE_MRZ: Final = 1
PACE_CAN: Final = 2


class _Buffer(ctypes.Structure):
    """The beginning of OpenSSL's BUF_MEM."""

    _fields_ = (("length", ctypes.c_size_t), ("data", ctypes.c_void_p))


_FUNCTIONS: dict[str, type[ctypes.c_void_p | ctypes.c_int] | None] = {
    "EAC_init": None,
    "EAC_CTX_new": ctypes.c_void_p,
    "EAC_CTX_init_ef_cardaccess": ctypes.c_int,
    "EAC_CTX_set_encryption_ctx": ctypes.c_int,
    "PACE_SEC_new": ctypes.c_void_p,
    "PACE_STEP1_enc_nonce": ctypes.c_void_p,
    "PACE_STEP2_dec_nonce": ctypes.c_int,
    "PACE_STEP3A_generate_mapping_data": ctypes.c_void_p,
    "PACE_STEP3A_map_generator": ctypes.c_int,
    "PACE_STEP3B_generate_ephemeral_key": ctypes.c_void_p,
    "PACE_STEP3B_compute_shared_secret": ctypes.c_int,
    "PACE_STEP3C_derive_keys": ctypes.c_int,
    "PACE_STEP3D_compute_authentication_token": ctypes.c_void_p,
    "PACE_STEP3D_verify_authentication_token": ctypes.c_int,
    "EAC_increment_ssc": ctypes.c_int,
    "EAC_verify_authentication": ctypes.c_int,
    "EAC_authenticate": ctypes.c_void_p,
    "EAC_encrypt": ctypes.c_void_p,
    "EAC_decrypt": ctypes.c_void_p,
    "EAC_add_iso_pad": ctypes.c_void_p,
    "EAC_remove_iso_pad": ctypes.c_void_p,
    "BUF_MEM_create_init": ctypes.c_void_p,
}


def libeac_path() -> str | None:
    """Where the library lies, or None."""
    return find_library("eac")


def load_libeac() -> ctypes.CDLL:
    """The library, ready for use."""
    library = ctypes.CDLL(libeac_path())
    for name, returned in _FUNCTIONS.items():
        getattr(library, name).restype = returned
    library.EAC_init()
    return library


def given(library: ctypes.CDLL, content: bytes) -> ctypes.c_void_p:
    """What the library takes."""
    return ctypes.c_void_p(library.BUF_MEM_create_init(content, len(content)))


def taken(pointer: int | None) -> bytes:
    """What the library made. A step that failed is an assertion."""
    assert pointer, "libeac3 could not do this step"
    buffer = _Buffer.from_address(pointer)
    return ctypes.string_at(buffer.data, buffer.length)
