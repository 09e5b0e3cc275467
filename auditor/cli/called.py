"""How this program was called, so that a command which is shown can be pasted."""

import shlex
import sys
from pathlib import Path


def called() -> str:
    """Return the words that start the auditor from here: ``auditor``, or ``PYTHON -m auditor``."""
    if Path(sys.argv[0]).name != "__main__.py":
        return "auditor"
    python, here = Path(sys.executable), Path.cwd()
    shown = python.relative_to(here) if python.is_relative_to(here) else python
    return f"{shlex.quote(str(shown))} -m auditor"
