"""Where the directories lie that travel with the package, in a wheel and in a checkout alike."""

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def shipped(name: str) -> Path:
    """Return the built-in directory ``name``: ``"rules"`` or ``"templates"``.

    A wheel carries it inside the package (see ``force-include`` in pyproject.toml);
    in a checkout, editable install included, it is the package's sibling.
    """
    inside = _PACKAGE / name
    return inside if inside.is_dir() else _PACKAGE.parent / name
