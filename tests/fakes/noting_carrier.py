"""A carrier of letters that notes them, or refuses as long as it is told to."""

from central.measuring.alert_carriers import CarrierError, Letter


class NotingCarrier:
    def __init__(self) -> None:
        self.letters: list[Letter] = []
        self.away = False

    def carry(self, letter: Letter) -> None:
        if self.away:
            raise CarrierError("The mail server is away.")
        self.letters.append(letter)
