"""A chip whose PACE and secure messaging are Debian's libeac3, so that the card's side of both is not our own code.

The library is loaded by ctypes. Only the files and the command dispatch are written here.
"""

import ctypes

from models.chip.tlv import encode, parse_all, parse_fields, parse_one
from tests.builders.libeac import FOR_PACE, PACE_CAN, PACE_MRZ, given, load_libeac, taken

CARD_ACCESS = bytes.fromhex(
    "3134300d060804007f0007020202020101300f060a04007f000702020302020201013012060a04007f0007020204020202010202010d"
)
"""EF.CardAccess as seen on a Vietnamese citizen card: PACE-ECDH-GM-AES-128 on brainpoolP256r1."""


class LibeacChip:
    """A reader with that chip on it. `files` maps short identifiers to files; `secret` is CAN or whole zone."""

    def __init__(self, secret: str, files: dict[int, bytes], *, card_access: bytes = CARD_ACCESS) -> None:
        self._secret = secret.encode("ascii")
        self._files = files
        self._card_access = card_access
        self._selected = b""
        self._inside = False
        self._protected = False
        self._pcd_key = b""
        self._library = load_libeac()
        self._context: ctypes.c_void_p | None = None
        self._password: ctypes.c_void_p | None = None

    def transmit(self, command: bytes) -> bytes:
        """Answer one command."""
        if command[0] & 0x0C == 0x0C:
            return self._answer_protected(command)
        content, status = self._answer(command)
        return content + status.to_bytes(2)

    def _answer(self, command: bytes) -> tuple[bytes, int]:
        match command[1]:
            case 0xA4:
                return self._select(command)
            case 0xB0 | 0xB1:
                return self._read(command)
            case 0x22:
                return self._set_authentication_template(command)
            case 0x86:
                return self._authenticate(command)
            case _:
                return b"", 0x6D00

    def _select(self, command: bytes) -> tuple[bytes, int]:
        target = command[5 : 5 + command[4]]
        if target == bytes.fromhex("A0000002471001"):
            self._inside = True
            return b"", 0x9000
        if target == b"\x01\x1c":
            self._selected = self._card_access
            return b"", 0x9000
        return b"", 0x6D00 if target == b"\x3f\x00" else 0x6A82  # as a Vietnamese card answers

    def _read(self, command: bytes) -> tuple[bytes, int]:
        body = command[4:]
        wanted = (body[-1] or 256) if body else 0
        if command[1] == 0xB1:
            offset = int.from_bytes(parse_one(command[5 : 5 + command[4]], 0x54))
            part = self._selected[offset:][: max(0, wanted - 4 if wanted > 131 else wanted - 3)]
            return encode(0x53, part), 0x9000
        if command[2] & 0x80:
            number = command[2] & 0x1F
            found = self._card_access if number == 0x1C else self._files.get(number)
            if found is None:
                return b"", 0x6A82
            if number != 0x1C and not (self._protected and self._inside):
                return b"", 0x6982
            self._selected, offset = found, command[3]
        else:
            offset = int.from_bytes(command[2:4])
        part = self._selected[offset : offset + wanted]
        return part, 0x9000 if len(part) == wanted else 0x6282

    def _set_authentication_template(self, command: bytes) -> tuple[bytes, int]:
        fields = parse_fields(command[5:], (0x80, 0x83, 0x84))
        if 0x83 not in fields:
            return b"", 0x6A88  # chip authentication: this chip has no key for it
        kind = fields[0x83][0]
        library = self._library
        self._context = ctypes.c_void_p(library.EAC_CTX_new())
        assert library.EAC_CTX_init_ef_cardaccess(self._card_access, len(self._card_access), self._context)
        assert kind in {PACE_MRZ, PACE_CAN}
        self._password = ctypes.c_void_p(library.PACE_SEC_new(self._secret, len(self._secret), kind))
        assert self._password, "libeac3 takes no such secret"
        return b"", 0x9000

    def _authenticate(self, command: bytes) -> tuple[bytes, int]:
        library, context = self._library, self._context
        template = parse_one(_body(command), 0x7C)
        if not template:
            nonce = taken(library.PACE_STEP1_enc_nonce(context, self._password))
            return encode(0x7C, encode(0x80, nonce)), 0x9000
        (request,) = parse_all(template)
        given = self._given(request.value)
        match request.tag:
            case 0x81:
                own = taken(library.PACE_STEP3A_generate_mapping_data(context))
                good = library.PACE_STEP3A_map_generator(context, given)
                answer = encode(0x82, own)
            case 0x83:
                own = taken(library.PACE_STEP3B_generate_ephemeral_key(context))
                good = library.PACE_STEP3B_compute_shared_secret(context, given)
                good = good and library.PACE_STEP3C_derive_keys(context)
                self._pcd_key = request.value
                answer = encode(0x84, own)
            case _:
                key = self._given(self._pcd_key)
                own = taken(library.PACE_STEP3D_compute_authentication_token(context, key))
                if library.PACE_STEP3D_verify_authentication_token(context, given) != 1:
                    return b"", 0x6300
                good = library.EAC_CTX_set_encryption_ctx(context, FOR_PACE)
                self._protected = True
                answer = encode(0x86, own)
        return (encode(0x7C, answer), 0x9000) if good else (b"", 0x6A80)

    def _answer_protected(self, command: bytes) -> bytes:
        library, context = self._library, self._context
        body = _body(command)
        fields = parse_fields(body, (0x85, 0x87, 0x97, 0x8E))
        library.EAC_increment_ssc(context)
        sealed = self._padded(command[:4]) + (self._padded(body[:-10]) if body[:-10] else b"")
        if library.EAC_verify_authentication(context, self._given(sealed), self._given(fields[0x8E])) != 1:
            return b"\x69\x88"
        plain = bytes((command[0] & 0xF3, *command[1:4]))
        cryptogram = fields.get(0x85) or fields.get(0x87, b"")[1:]
        if cryptogram:
            padded = self._given(taken(library.EAC_decrypt(context, self._given(cryptogram))))
            content = taken(library.EAC_remove_iso_pad(padded))
            plain += bytes([len(content)]) + content
        answer, status = self._answer(plain + fields.get(0x97, b""))
        library.EAC_increment_ssc(context)
        objects = b""
        if answer:
            cryptogram = taken(library.EAC_encrypt(context, self._given(self._padded(answer))))
            objects = encode(0x85, cryptogram) if command[1] & 1 else encode(0x87, b"\x01" + cryptogram)
        objects += encode(0x99, status.to_bytes(2))
        checksum = taken(library.EAC_authenticate(context, self._given(self._padded(objects))))
        return objects + encode(0x8E, checksum) + status.to_bytes(2)

    def _padded(self, content: bytes) -> bytes:
        return taken(self._library.EAC_add_iso_pad(self._context, self._given(content)))

    def _given(self, content: bytes) -> ctypes.c_void_p:
        return given(self._library, content)


def _body(command: bytes) -> bytes:
    """The content of a command in short or extended form."""
    if command[4]:
        return command[5 : 5 + command[4]]
    return command[7 : 7 + int.from_bytes(command[5:7])]
