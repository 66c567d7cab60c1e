"""What a card does wrong while it is read, as data. What is wrong with its files is in the files (`attacks`)."""

from enum import StrEnum

import msgspec

from provisioning.rehearsal.soft_chip.chip_keys import AgreementKey, SigningKey
from provisioning.rehearsal.soft_chip.short_file import ShortFile


class Damaged(msgspec.Struct, frozen=True, kw_only=True, tag="damaged"):
    """Every read that reaches `from_octet` of `file` is answered 6F00."""

    file: ShortFile
    from_octet: int


class PulledOut(msgspec.Struct, frozen=True, kw_only=True, tag="pulled out"):
    """The read that reaches `at_octet` of `file` is never answered: the card is gone."""

    file: ShortFile
    at_octet: int


class Hanging(msgspec.Struct, frozen=True, kw_only=True, tag="hanging"):
    """The read that reaches `at_octet` of `file` is never answered, and the card stays."""

    file: ShortFile
    at_octet: int


class CutShort(msgspec.Struct, frozen=True, kw_only=True, tag="cut short"):
    """Reads give nothing from `at_octet` of `file` on; one that gets fewer octets than it asked for gets `status`."""

    file: ShortFile
    at_octet: int
    status: int


class ChannelTrick(StrEnum):
    """What a secured answer can lack."""

    PLAIN_ANSWER = "plain answer"
    NO_MAC = "no mac"
    SHORT_MAC = "short mac"
    WRONG_MAC = "wrong mac"
    REPLAYED = "replayed"
    """The last honest answer once more."""
    NO_STATUS = "no status object"
    """9000 without DO99, under a MAC that fits."""
    OTHER_STATUS = "other status"
    """DO99 says 6282, the status word behind it 9000."""
    BAD_PADDING = "bad padding"


class ChannelDeceit(msgspec.Struct, frozen=True, kw_only=True, tag="channel deceit"):
    """Secured answers from number `from_answer` of a session on (the first is 1) are spoilt."""

    trick: ChannelTrick
    from_answer: int


class PaceTrick(StrEnum):
    """What a card can answer in PACE."""

    WRONG_TOKEN = "wrong token"  # noqa: S105 - no secret, the name of a trick
    NO_TOKEN = "no token"  # noqa: S105 - as above
    SAME_KEY = "same key"
    """The reader's own ephemeral key comes back."""
    SAME_MAPPING_KEY = "same mapping key"
    OFF_GROUP = "off group"
    """An ephemeral key that is no element of the group."""
    MAPPING_OFF_GROUP = "mapping off group"
    INFINITY = "infinity"
    """The neutral element as ephemeral key."""


class PaceDeceit(msgspec.Struct, frozen=True, kw_only=True, tag="pace deceit"):
    """One answer in PACE is not what it should be."""

    trick: PaceTrick


class ChipProof(StrEnum):
    """How a chip shows that it is no copy."""

    CHIP_AUTHENTICATION = "chip authentication"
    ACTIVE_AUTHENTICATION = "active authentication"
    CHIP_MAPPING = "chip mapping"


class ProofRefused(msgspec.Struct, frozen=True, kw_only=True, tag="proof refused"):
    """The chip answers each command of `proof` with `status`; chip mapping then lacks its data object."""

    proof: ChipProof
    status: int


class ProofForged(msgspec.Struct, frozen=True, kw_only=True, tag="proof forged"):
    """The chip goes through the motions of `proof` without the key: keys of its own, a signature of chance."""

    proof: ChipProof


class StaleAnswer(msgspec.Struct, frozen=True, kw_only=True, tag="stale answer"):
    """Active authentication gives a good signature over `challenge`, whatever it was asked."""

    challenge: bytes


class ChipExchanged(msgspec.Struct, frozen=True, kw_only=True, tag="chip exchanged"):
    """From the first command with `instruction` on another chip answers in the same session, with its own keys."""

    instruction: int
    chip_key: AgreementKey | None
    active_key: SigningKey | None


class SessionLost(msgspec.Struct, frozen=True, kw_only=True, tag="session lost"):
    """At the first command with `instruction` another chip lies there, fresh from power-up."""

    instruction: int


Fault = (
    Damaged
    | PulledOut
    | Hanging
    | CutShort
    | ChannelDeceit
    | PaceDeceit
    | ProofRefused
    | ProofForged
    | StaleAnswer
    | ChipExchanged
    | SessionLost
)
