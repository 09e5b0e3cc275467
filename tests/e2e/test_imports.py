"""A command imports no large library that it does not need."""

import os
import subprocess
import sys

from auditor.cli.setup.sandbox_files import environment

LARGE = {
    "aiohttp",
    "alembic",
    "apscheduler",
    "auditor.sandbox",
    "cryptography",
    "filelock",
    "fsspec",
    "httpx",
    "jinja2",
    "jwt",
    "msgspec",
    "okta",
    "prometheus_client",
    "psycopg",
    "pydantic",
    "pygments",
    "rich",
    "slack_sdk",
    "sqlalchemy",
    "starlette",
    "structlog",
    "tomli_w",
    "uvicorn",
}

CONFIGURATION = {"msgspec", "pydantic"}
HISTORY = CONFIGURATION | {"filelock", "sqlalchemy"}
TABLE = {"rich"}
CLIENT = {"httpx"}

NEEDED = {
    "--help": set(),
    "help run": {"msgspec"},
    "serve --help": set(),
    "completion zsh": set(),
    "rules": {"msgspec"},
    "config check": CONFIGURATION,
    "config schema": CONFIGURATION,
    "slack manifest": CONFIGURATION,
    "findings --format csv": HISTORY,
    "findings": HISTORY | TABLE,
    "changes": HISTORY | TABLE,
    "history": HISTORY | TABLE,
    "plan": HISTORY | TABLE,
    "export": HISTORY,
    "db upgrade": HISTORY,
    "report": HISTORY | TABLE | {"jinja2"},
    "run": HISTORY | CLIENT | TABLE,
    "doctor": HISTORY | CLIENT | TABLE,
    "lockout": CONFIGURATION | CLIENT | TABLE,
}

LIST_IMPORTS = """
import sys
from auditor.__main__ import main
large = set(sys.argv.pop(1).split())
code = main()
print(code, *sorted(large & set(sys.modules)), file=sys.stderr)
"""


def test_each_command_imports_only_what_it_needs(commands, monkeypatch):
    commands.audit()
    monkeypatch.setenv("AUDITOR_LOG_LEVEL", "error")
    for words, needed in NEEDED.items():
        ended = subprocess.run(
            [sys.executable, "-c", LIST_IMPORTS, " ".join(LARGE), *words.split()],
            env=os.environ | environment(commands.sandbox),
            cwd=commands.folder,
            capture_output=True,
            text=True,
            check=True,
        )
        code, *imported = ended.stderr.splitlines()[-1].split()
        assert (words, code, set(imported)) == (words, "0", needed)
