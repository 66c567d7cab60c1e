"""The files that make a box one of its room: identity, keys of others, settings, trust list.

Everything is checked before it is written: that the certificate is for our key, our room and our role, and that the
trust list is signed. Not here: the room's broker (`provisioning.brokers`).
"""

from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key
from cryptography.x509.oid import NameOID

from models.durable_files import make_folder, remove_folder, switch_link, write_whole
from models.enrollment import CertificateRole, EnrollmentAnswer
from models.errors import BadInputError
from models.face_weights import WEIGHTS_DIRECTORY
from models.roll_outs import ReleaseKind
from models.wire import trust_list
from models.wire.box_certificate import role_of, room_of
from provisioning.device import box_state, identities, trust_store
from provisioning.device.box_folder import PRIVATE, BoxFolder, RoomRecord
from provisioning.device.keys import KeyKeeper
from provisioning.device.room_settings import room_settings
from provisioning.updates.client import check_root, trust_root, trusts_root
from provisioning.updates.follow import SHELVES, UPDATES, shelf_of
from provisioning.updates.refusals import UpdateRefusedError

INSTALLATION: Final = "base"
"""The name of what was installed, on a shelf of releases."""

TLS_ENVIRONMENT: Final = "tls.env"


class AnswerWrongError(BadInputError):
    """The authority's answer does not fit this box. Nothing was taken over; tell the province's IT."""


def write(box: BoxFolder, answer: EnrollmentAnswer, keeper: KeyKeeper) -> str:
    """Writes all files of the answer and returns the new identity's name; the old identity stays in use.

    Raises AnswerWrongError and DurableFileError.
    """
    _check(answer, keeper.request(box.unfinished))
    _leave_other_box(box, answer)
    name = identities.place(box, box.unfinished, answer.certificate, answer.authorities)
    write_whole(box.chain_key, (box.unfinished / "chain.key").read_bytes(), PRIVATE)
    write_whole(box.central_key, trust_store.public_pem(answer.central_key))
    write_whole(box.trust_key, trust_store.public_pem(answer.trust_key))
    write_whole(box.trust_list, answer.trust_list)
    write_whole(box.settings, settings_text(answer).encode())
    environment = "".join(f"{word}={value}\n" for word, value in keeper.environment().items())
    write_whole(box.path / TLS_ENVIRONMENT, environment.encode())
    make_folder(box.state, 0o700)
    write_whole(box.news, b"")
    _lay_down_releases(box, answer.release_root)
    box.write_room(_record(box, answer))
    return name


def take_into_use(box: BoxFolder, name: str) -> None:
    """Switches to the new identity. Raises DurableFileError."""
    switch_link(box.current, name)


def settings_text(answer: EnrollmentAnswer) -> str:
    """What `python -m edge run` reads; a person may add readers, camera, scanner and station."""
    return f"""# Written at enrolment. Add [readers], [scanner] or [station] as edge/README.md says.
{room_settings(answer.broker_host, answer.broker_port, answer.broker_shards)}
[camera]
weights = "weights/current"
"""


def _lay_down_releases(box: BoxFolder, root: bytes) -> None:
    """Whose releases the box believes, and the installed weights as the first ones on its shelf."""
    updates = box.path / UPDATES
    if root and not trusts_root(updates):
        trust_root(updates, root)
    make_folder(box.path / SHELVES[ReleaseKind.WEIGHTS])
    shelf_of(box.path, ReleaseKind.WEIGHTS).adopt(INSTALLATION, WEIGHTS_DIRECTORY)


def _check(answer: EnrollmentAnswer, request: bytes) -> None:
    try:
        leaf = x509.load_pem_x509_certificates(answer.certificate)[0]
        ours = x509.load_der_x509_csr(request).public_key()
        names = leaf.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
        fits = (
            leaf.public_key() == ours
            and role_of(leaf) is CertificateRole.BOX
            and room_of(leaf) == answer.room_id
            and [name.value for name in names] == [answer.box_id]
        )
        signed = trust_list.from_file(answer.trust_list)
        key = Ed25519PublicKey.from_public_bytes(answer.trust_key)
        trust_store.public_pem(answer.central_key)
        if answer.release_root:
            check_root(answer.release_root)
    except (ValueError, IndexError, BadInputError, UpdateRefusedError):
        raise AnswerWrongError("The authority's answer cannot be read. Tell the province's IT.") from None
    if not fits:
        raise AnswerWrongError(
            "The certificate that came is not for this key, room or role. Nothing was taken over; tell IT."
        )
    # by the authority's clock, which has just dated the certificate: the box's own may still be wrong
    found = trust_list.open_trust_list(signed, key, answer.school_id, leaf.not_valid_before_utc, None)
    if isinstance(found, trust_list.TrustListRefusal):
        raise AnswerWrongError(trust_store.sentence_of(found))


def _leave_other_box(box: BoxFolder, answer: EnrollmentAnswer) -> None:
    """What was stored under another name (`--again`) is set aside whole: its chain belongs to the old box.

    Of the old room's broker nothing stays: neither its certificate nor its devices nor what they had it retain.
    """
    if box.room.exists() and box.read_room().box_id != answer.box_id:
        box_state.set_state_aside(box, box.read_room().box_id)
        remove_folder(box.room_broker)


def _record(box: BoxFolder, answer: EnrollmentAnswer) -> RoomRecord:
    chain_key = load_pem_private_key(box.chain_key.read_bytes(), None).public_key()
    return RoomRecord(
        box_id=answer.box_id,
        room_id=answer.room_id,
        room_name=answer.room_name,
        school_id=answer.school_id,
        authority_address=answer.authority_address,
        broker_host=answer.broker_host,
        broker_port=answer.broker_port,
        chain_key=chain_key.public_bytes(Encoding.Raw, PublicFormat.Raw),
    )
