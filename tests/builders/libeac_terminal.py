"""A reader whose PACE and secure messaging are Debian's libeac3, so that the soft chip meets code that is not ours.

The library is loaded by ctypes; only the commands are written here.
"""

import ctypes

from provisioning.rehearsal.soft_chip.chip import APPLICATION, SoftChip
from provisioning.rehearsal.tlv_writing import objects, tlv
from tests.builders.libeac import FOR_PACE, PACE_CAN, given, load_libeac, taken

_CHOOSE = bytes.fromhex("0022C1A4")


class LibeacTerminal:
    """Opens a chip by PACE with its CAN and asks in the session. Every step of libeac that fails is an assertion."""

    def __init__(self, chip: SoftChip, card_access: bytes, access_number: str) -> None:
        self._chip = chip
        self._library = load_libeac()
        self._context = ctypes.c_void_p(self._library.EAC_CTX_new())
        assert self._library.EAC_CTX_init_ef_cardaccess(card_access, len(card_access), self._context)
        secret = access_number.encode("ascii")
        self._password = ctypes.c_void_p(self._library.PACE_SEC_new(secret, len(secret), PACE_CAN))

    def open(self, oid: bytes) -> None:
        """PACE with generic mapping to its end."""
        eac, context = self._library, self._context
        choice = tlv(0x80, oid) + tlv(0x83, bytes((PACE_CAN,)))
        assert self._chip.respond(_CHOOSE + bytes((len(choice),)) + choice) == b"\x90\x00"
        nonce = self._ask(b"", last=False)[0x80]
        assert eac.PACE_STEP2_dec_nonce(context, self._password, self._given(nonce)) == 1
        mapping = taken(eac.PACE_STEP3A_generate_mapping_data(context))
        theirs = self._ask(tlv(0x81, mapping), last=False)[0x82]
        assert eac.PACE_STEP3A_map_generator(context, self._given(theirs)) == 1
        own = taken(eac.PACE_STEP3B_generate_ephemeral_key(context))
        key = self._given(self._ask(tlv(0x83, own), last=False)[0x84])
        assert eac.PACE_STEP3B_compute_shared_secret(context, key) == 1
        assert eac.PACE_STEP3C_derive_keys(context) == 1
        token = taken(eac.PACE_STEP3D_compute_authentication_token(context, key))
        answer = self._ask(tlv(0x85, token), last=True)
        assert eac.PACE_STEP3D_verify_authentication_token(context, self._given(answer[0x86])) == 1
        assert eac.EAC_CTX_set_encryption_ctx(context, FOR_PACE)

    def read(self, short_file: int, octets: int) -> bytes:
        """The first octets of a file of the application, through the session."""
        assert self._secured("0CA4040C", APPLICATION, b"") == b""
        return self._secured(f"0CB0{0x80 | short_file:02X}00", b"", bytes((octets,)))

    def _secured(self, header: str, body: bytes, expected: bytes) -> bytes:
        eac, context, head = self._library, self._context, bytes.fromhex(header)
        eac.EAC_increment_ssc(context)
        content = b""
        if body:
            content = tlv(0x87, b"\x01", taken(eac.EAC_encrypt(context, self._given(self._padded(body)))))
        content += tlv(0x97, expected) if expected else b""
        sealed = self._padded(head) + self._padded(content)
        content += tlv(0x8E, taken(eac.EAC_authenticate(context, self._given(sealed))))
        answer = self._chip.respond(head + bytes((len(content),)) + content + b"\x00")
        eac.EAC_increment_ssc(context)
        parts, unsealed = dict(objects(answer[:-2])), self._given(self._padded(answer[:-12]))
        assert parts[0x99] == answer[-2:] == b"\x90\x00"
        assert eac.EAC_verify_authentication(context, unsealed, self._given(parts[0x8E])) == 1
        if 0x87 not in parts:
            return b""
        padded = taken(eac.EAC_decrypt(context, self._given(parts[0x87][1:])))
        return taken(eac.EAC_remove_iso_pad(self._given(padded)))

    def _ask(self, content: bytes, *, last: bool) -> dict[int, bytes]:
        body = tlv(0x7C, content)
        length = bytes((len(body),)) if len(body) < 256 else b"\x00" + len(body).to_bytes(2)
        head = bytes((0x00 if last else 0x10, 0x86, 0, 0))
        answer = self._chip.respond(head + length + body + (b"\x00" if len(body) < 256 else b"\x00\x00"))
        assert answer[-2:] == b"\x90\x00"
        return dict(objects(dict(objects(answer[:-2]))[0x7C]))

    def _padded(self, content: bytes) -> bytes:
        return taken(self._library.EAC_add_iso_pad(self._context, self._given(content)))

    def _given(self, content: bytes) -> ctypes.c_void_p:
        return given(self._library, content)
