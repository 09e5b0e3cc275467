"""The directories that are shipped with the package, in a wheel and in a checkout."""

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def shipped(name: str) -> Path:
    """Return the built-in directory ``name``: ``"rules"`` or ``"templates"``.

    In a wheel, it is inside the package (see ``force-include`` in pyproject.toml). In a checkout,
    also with an editable install, it is beside the package.
    """
    inside = _PACKAGE / name
    return inside if inside.is_dir() else _PACKAGE.parent / name
