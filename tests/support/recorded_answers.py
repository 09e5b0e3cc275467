"""Bodies that were recorded from real services. They are stored outside the repository."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

FOLDER = Path(
    os.environ.get("AUDITOR_RECORDED")
    or Path(__file__).resolve().parents[2].parent / "shared" / "recorded"
)

needs_recordings = pytest.mark.skipif(
    not FOLDER.is_dir(), reason=f"no recorded bodies in {FOLDER}; set AUDITOR_RECORDED"
)


def names(side: str, *patterns: str) -> list[str]:
    """Name the recordings of a side that fit one of the patterns."""
    found = {path.name for pattern in patterns for path in (FOLDER / side).glob(pattern)}
    return sorted(found)


def body(side: str, name: str) -> Any:
    return json.loads((FOLDER / side / name).read_text())


def rows(side: str, name: str) -> list[Any]:
    """Read a list; a single object becomes a list of one."""
    recorded = body(side, name)
    return recorded if isinstance(recorded, list) else [recorded]
