"""How a chip proves that it is no copy, or fails to: chip authentication and active authentication on one card."""

from provisioning.rehearsal.soft_chip.active_authentication import sign_challenge
from provisioning.rehearsal.soft_chip.card import Card
from provisioning.rehearsal.soft_chip.chip_authentication import agree, agree_in_one, choose_key
from provisioning.rehearsal.soft_chip.ciphers import CipherSuite, session_suite
from provisioning.rehearsal.soft_chip.commands import Answer, Command, StatusWord
from provisioning.rehearsal.soft_chip.faults import ChipProof, ProofForged, ProofRefused, StaleAnswer
from provisioning.rehearsal.soft_chip.groups import Draw

_CHALLENGE_OCTETS = 8
_FORGED_OCTETS = 64
_LONGEST_CHAIN = 4096


class ChipProofs:
    """The proofs of one card since power-up."""

    def __init__(self, card: Card, draw: Draw) -> None:
        self._card = card
        self._draw = draw
        self._chosen = False
        self._chained = b""

    @property
    def agreeing(self) -> bool:
        """Whether the next GENERAL AUTHENTICATE is chip authentication's."""
        return self._chosen

    def choose(self, command: Command) -> int:
        """The status of MSE:Set AT for chip authentication."""
        self._chosen, self._chained = False, b""
        key = self._card.chip_key
        if (refused := self._refused(ChipProof.CHIP_AUTHENTICATION)) is not None:
            return refused
        status = StatusWord.REFERENCE_NOT_FOUND if key is None else choose_key(key, command)
        self._chosen = status == StatusWord.OK
        return status

    def agree(self, command: Command) -> tuple[Answer, CipherSuite | None]:
        """The answer to GENERAL AUTHENTICATE, and the keys of the next session.

        A long key may come in a chain of commands (ISO/IEC 7816-4 section 5.3.3); all but the last are only kept.
        """
        if (body := self._whole(command)) is None:
            return Answer(status=StatusWord.OK), None
        self._chosen = False
        if self._card.chip_key is None:
            return Answer(status=StatusWord.NOT_NOW), None
        answer, suite = agree(self._card.chip_key, body)
        return answer, self._forged(suite)

    def agree_in_one(self, command: Command) -> tuple[Answer, CipherSuite | None]:
        """The answer to MSE:Set KAT, and the keys of the next session."""
        if (refused := self._refused(ChipProof.CHIP_AUTHENTICATION)) is not None:
            return Answer(status=refused), None
        if (body := self._whole(command)) is None:
            return Answer(status=StatusWord.OK), None
        if self._card.chip_key is None:
            return Answer(status=StatusWord.REFERENCE_NOT_FOUND), None
        status, suite = agree_in_one(self._card.chip_key, body)
        return Answer(status=status), self._forged(suite)

    def sign(self, command: Command) -> Answer:
        """The answer to INTERNAL AUTHENTICATE."""
        if (refused := self._refused(ChipProof.ACTIVE_AUTHENTICATION)) is not None:
            return Answer(status=refused)
        if len(command.body) != _CHALLENGE_OCTETS:
            return Answer(status=StatusWord.WRONG_LENGTH)
        key, challenge = self._card.active_key, command.body
        match self._card.fault:
            case ProofForged(proof=ChipProof.ACTIVE_AUTHENTICATION):
                length = _FORGED_OCTETS if key is None else len(sign_challenge(key, challenge, self._draw))
                return Answer(status=StatusWord.OK, body=b"\x00" + self._draw(length - 1))
            case StaleAnswer(challenge=old):
                challenge = old
            case _:
                pass
        if key is None:
            return Answer(status=StatusWord.UNKNOWN_COMMAND)
        return Answer(status=StatusWord.OK, body=sign_challenge(key, challenge, self._draw))

    def _whole(self, command: Command) -> bytes | None:
        """The body of a chain with its last command, None before that."""
        body, self._chained = self._chained + command.body, b""
        if command.chained and len(body) <= _LONGEST_CHAIN:
            self._chained = body
            return None
        return body

    def _refused(self, proof: ChipProof) -> int | None:
        match self._card.fault:
            case ProofRefused(proof=refused, status=status) if refused is proof:
                return status
            case _:
                return None

    def _forged(self, suite: CipherSuite | None) -> CipherSuite | None:
        """A chip without the key opens a session too, under keys that the reader cannot have."""
        match self._card.fault:
            case ProofForged(proof=ChipProof.CHIP_AUTHENTICATION) if suite is not None and self._card.chip_key:
                return session_suite(self._draw(32), self._card.chip_key.suite)
            case _:
                return suite
