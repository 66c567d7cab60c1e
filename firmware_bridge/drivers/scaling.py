"""Raw whole numbers become values: `raw * scale + offset`, exact to the last digit. Not here: which scale (maps)."""

from decimal import Decimal, InvalidOperation
from fractions import Fraction
from typing import Final, NamedTuple


class ScaleError(ValueError):
    """Not a decimal number, or one that no sensor has."""


class Scale(NamedTuple):
    """The value of `raw` is `(raw * multiply + add) / divide`: 235 by 0.1 is 23.5, not 23.500000000000004."""

    multiply: int = 1
    add: int = 0
    divide: int = 1

    def value(self, raw: int) -> float:
        """The value as the nearest float."""
        return (raw * self.multiply + self.add) / self.divide

    def value_of_float(self, raw: float) -> float:
        """The same for a reading that is a float already."""
        return raw if self == PLAIN else (raw * self.multiply + self.add) / self.divide


PLAIN: Final = Scale()


def scale_of(scale: str, offset: str = "0") -> Scale:
    """From two decimal numbers as people write them. Raises ScaleError."""
    try:
        numbers = Decimal(scale), Decimal(offset)
    except InvalidOperation:
        raise ScaleError(f"{scale!r} and {offset!r} must be decimal numbers.") from None
    if not all(number.is_finite() and (number == 0 or -18 <= number.adjusted() <= 18) for number in numbers):
        raise ScaleError(f"{scale!r} and {offset!r} must lie between 1e-18 and 1e18.")
    factor, shift = (Fraction(number) for number in numbers)
    if factor == 0:
        raise ScaleError("A scale of 0 makes every reading the same.")
    divide = factor.denominator * shift.denominator
    return Scale(int(factor * divide), int(shift * divide), divide)
