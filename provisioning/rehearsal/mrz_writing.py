"""The machine readable zone of a Vietnamese citizen card: TD1, three lines of thirty (ICAO Doc 9303-5 section 4.2)."""

from datetime import date

from provisioning.rehearsal.people import Person, latin_name

_VALUES = {letter: value for value, letter in enumerate("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ")} | {"<": 0}


def mrz_lines(person: Person, expires_on: date) -> str:
    """Ninety characters. The document number is the citizen number's last nine digits; all twelve stand in line one."""
    number = person.citizen_id[-9:]
    optional = f"{person.citizen_id}<<{check_digit(person.citizen_id)}"
    first = f"IDVNM{number}{check_digit(number)}{optional}"
    birth, expiry = f"{person.birth_date:%y%m%d}", f"{expires_on:%y%m%d}"
    birth, expiry = birth + check_digit(birth), expiry + check_digit(expiry)
    filler = "<" * 11
    composite = check_digit(first[5:] + birth + expiry + filler)
    return f"{first}{birth}{person.sex}{expiry}VNM{filler}{composite}{_name_line(person.full_name)}"


def check_digit(text: str) -> str:
    """Weights 7, 3, 1 over the values of digits, letters and fillers (ICAO Doc 9303-3 section 4.9)."""
    return str(sum(_VALUES[letter] * (7, 3, 1)[place % 3] for place, letter in enumerate(text)) % 10)


def _name_line(full_name: str) -> str:
    family, _, others = latin_name(full_name).partition(" ")
    return f"{family}<<{others.replace(' ', '<')}"[:30].ljust(30, "<")
