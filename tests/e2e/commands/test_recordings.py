"""What commands show on a terminal of 80 columns, recorded from a pseudo-terminal."""

import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from datetime import timedelta
from pathlib import Path

import pytest

from auditor.cli.setup.sandbox_files import environment

GOLDEN = Path(__file__).with_name("golden")
COLUMNS = 80
CHANGING = (
    (r"\x1b\[[0-9;?]*[A-Za-z]|\x1b\]8;[^\x1b]*\x1b\\", ""),
    (r"http://127\.0\.0\.1:\d+", "http://127.0.0.1:PORT"),
    (r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d)Z?", lambda found: "DATE" + "." * (len(found[0]) - 4)),
    (r"\d{4}-\d\d-\d\d", "DATE......"),
    (r"request req\S+", "request REQUEST"),
    (r"for (\d+ (minute|second)s?|less than a minute)", "for a while"),
    (r", \d+[ms] ·", ", 0m ·"),
    (r"\d+\.\d s\b", "0.0 s"),
)
"""Patterns of text that differs between two recordings, and the text that replaces it."""

RECORDED = {
    "run": ("run",),
    "run-quiet": ("run", "-q"),
    "findings": ("findings",),
    "finding": ("findings", "17a3df6"),
    "plan": ("plan",),
    "lockout": ("lockout",),
    "person": ("person", "tanaka"),
}


def record(words, config, sandbox):
    """Run a command in a pseudo-terminal; return what it wrote, without what changes."""
    controller, terminal = pty.openpty()
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 50, COLUMNS, 0, 0))
    process = subprocess.Popen(
        [sys.executable, "-m", "auditor", *words, "-c", str(config)],
        stdin=terminal,
        stdout=terminal,
        stderr=subprocess.DEVNULL,
        env={**os.environ, **environment(sandbox), "TERM": "xterm", "LANG": "C.UTF-8"},
    )
    os.close(terminal)
    written = bytearray()
    try:
        while part := os.read(controller, 65536):
            written += part
    except OSError:  # the end of the process closes the terminal
        pass
    os.close(controller)
    process.wait()
    text = written.decode().replace("\r\n", "\n")
    for pattern, replacement in CHANGING:
        text = re.sub(pattern, replacement, text)
    return text


@pytest.fixture
def switched_off(commands):
    """A target whose push flag is off since three hours, with two leavers."""
    world, now = commands.world, commands.world.now
    world.clock.travel(now - timedelta(hours=3))
    world.switch_push("PUSH_USER_DEACTIVATION", on=False)
    for person in list(world.okta.people.values())[-2:]:
        world.unassign(person)
    world.clock.travel(now)
    commands.audit()
    return commands


def test_the_commands_write_what_was_recorded(switched_off):
    for name, words in RECORDED.items():
        written = record(words, switched_off.config, switched_off.sandbox)
        file = GOLDEN / f"{name}.txt"
        if os.environ.get("AUDITOR_WRITE_GOLDEN"):
            GOLDEN.mkdir(exist_ok=True)
            file.write_text(written, encoding="utf-8")
        assert written == file.read_text(encoding="utf-8"), name
        lines = [line for line in written.splitlines() if "http://" not in line]
        assert max(map(len, lines)) <= COLUMNS, name
    assert len((GOLDEN / "run.txt").read_text().splitlines()) <= 25
    assert len((GOLDEN / "run-quiet.txt").read_text().splitlines()) == 1
