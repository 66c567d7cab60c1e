"""Which of a card's ways in the reader chose, with which password, and the PACE that follows (MSE:Set AT)."""

from provisioning.rehearsal.soft_chip.card import Card
from provisioning.rehearsal.soft_chip.chip_keys import PaceOffer
from provisioning.rehearsal.soft_chip.ciphers import CipherSuite
from provisioning.rehearsal.soft_chip.commands import Answer, Command, StatusWord
from provisioning.rehearsal.soft_chip.faults import ChipProof, PaceDeceit, ProofForged, ProofRefused
from provisioning.rehearsal.soft_chip.groups import Draw
from provisioning.rehearsal.soft_chip.hostile_answers import deceive_in_pace, forge_mapping, without_mapping
from provisioning.rehearsal.soft_chip.pace import PaceExchange, can_password, mrz_password
from provisioning.rehearsal.tlv_writing import CardObjectError, objects

_PROTOCOL, _PASSWORD, _PARAMETER = 0x80, 0x83, 0x84
_MOST_TRIES = 15


class PaceDoor:
    """PACE on one card since power-up. Tries are counted for the card's life on the reader."""

    def __init__(self, card: Card, draw: Draw) -> None:
        self._card = card
        self._draw = draw
        self._exchange: PaceExchange | None = None
        self._tries_left = _MOST_TRIES

    def choose(self, command: Command) -> int:
        """The status of MSE:Set AT for PACE."""
        self._exchange = None
        try:
            wanted = dict(objects(command.body))
        except CardObjectError:
            return StatusWord.WRONG_DATA
        offers = [offer for offer in self._card.pace if offer.oid == wanted.get(_PROTOCOL)]
        if not offers:
            return StatusWord.WRONG_DATA
        if _PARAMETER in wanted:
            offers = [offer for offer in offers if wanted[_PARAMETER] == bytes((offer.parameter,))]
        elif self._card.dialect.parameter_demanded:
            return StatusWord.PARAMETER_MISSING
        match wanted.get(_PASSWORD):
            case b"\x01" if len(offers) == 1:
                password = mrz_password(self._card.mrz_key_text)
            case b"\x02" if len(offers) == 1:
                password = can_password(self._card.access_number)
            case _:
                return StatusWord.REFERENCE_NOT_FOUND
        self._open(offers[0], password)
        return StatusWord.OK

    def authenticate(self, command: Command) -> tuple[Answer, CipherSuite | None]:
        """The answer to GENERAL AUTHENTICATE, and the session's keys after the last one."""
        exchange = self._exchange
        if exchange is None:
            return Answer(status=StatusWord.NOT_NOW), None
        answer = exchange.step(command.body)
        if exchange.over:
            self._exchange = None
        if answer.status == StatusWord.AUTHENTICATION_FAILED and self._card.dialect.counts_tries:
            self._tries_left = max(0, self._tries_left - 1)
            return Answer(status=0x63C0 | self._tries_left), None
        return self._spoilt(command, answer), exchange.suite

    def _open(self, offer: PaceOffer, password: bytes) -> None:
        self._exchange = PaceExchange(
            offer=offer, password=password, draw=self._draw, mapping_key=self._card.mapping_key
        )

    def _spoilt(self, command: Command, answer: Answer) -> Answer:
        match self._card.fault:
            case PaceDeceit(trick=trick) if answer.status == StatusWord.OK:
                return deceive_in_pace(trick, command.body, answer)
            case ProofRefused(proof=ChipProof.CHIP_MAPPING):
                return without_mapping(answer)
            case ProofForged(proof=ChipProof.CHIP_MAPPING):
                return forge_mapping(answer, self._draw)
            case _:
                return answer
