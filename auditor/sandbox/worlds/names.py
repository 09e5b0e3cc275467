"""Fictional people, enough for any org. Pure."""

from collections.abc import Iterator
from itertools import count

FIRST_NAMES = [
    "Amara",
    "Benoît",
    "Chiara",
    "Dmitri",
    "Elif",
    "Farid",
    "Grace",
    "Hiroshi",
    "Ingrid",
    "José",
    "Kofi",
    "Leila",
    "Mateo",
    "Noor",
    "Oona",
    "Priya",
    "Quentin",
    "Rosa",
    "Søren",
    "Tariq",
]
LAST_NAMES = [
    "Okafor",
    "Lindqvist",
    "Rossi",
    "Haddad",
    "Yilmaz",
    "Novak",
    "Tanaka",
    "Silva",
    "O'Brien",
    "Müller",
]
ASCII = str.maketrans({"î": "i", "é": "e", "ø": "o", "ü": "ue", "'": None, " ": "."})


def names() -> Iterator[tuple[str, str]]:
    """Yield fictional people, no two alike; from the two hundredth on they are numbered."""
    firsts, lasts = len(FIRST_NAMES), len(LAST_NAMES)
    for number in count():
        last = LAST_NAMES[(number + number // firsts) % lasts]
        again = number // (firsts * lasts)
        yield FIRST_NAMES[number % firsts], f"{last} {again + 1}" if again else last


def login_of(first: str, last: str) -> str:
    """Return the login of a name, in plain letters."""
    return f"{first}.{last}@example.com".lower().translate(ASCII)
