"""The address of the history, in the one spelling that SQLAlchemy takes. Pure."""

from pathlib import Path
from urllib.parse import urlsplit

from auditor.config.location import Location

_POSTGRESQL = frozenset({"postgres", "postgresql", "postgresql+psycopg"})
_EXAMPLES = "write sqlite:///auditor.db or postgresql://user@host/database"


def store_url(text: str, folder: Path, place: Location) -> str:
    """Return ``sqlite:////absolute/path`` or ``postgresql+psycopg://…``; never quotes the text."""
    scheme, separator, rest = text.partition("://")
    if separator and scheme in _POSTGRESQL:
        return f"postgresql+psycopg://{rest}"
    if not separator or scheme != "sqlite":
        place.refuse("is neither SQLite nor PostgreSQL", _EXAMPLES)
    name = rest.removeprefix("/")
    if not rest.startswith("/") or not name or name.startswith(":memory:"):
        place.refuse("names no file, and history must outlive a run", _EXAMPLES)
    return f"sqlite:///{(folder / name).absolute()}"


def has_password(text: str) -> bool:
    """Tell whether a URL carries a password; what is no URL carries none."""
    try:
        return urlsplit(text).password is not None or "password=" in urlsplit(text).query
    except ValueError:
        return False
