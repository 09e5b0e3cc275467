"""The child process that executes the rules of ``rule_paths``, as the auditor sees it.

It has an empty environment, no open file of the auditor, and limits of time and memory. It is no
sandbox: it runs as the same user, so hostile code in a rule can read what this user can read.
"""

import json
import os
import selectors
import signal
import subprocess
import sys
import threading
from collections.abc import Generator, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from time import monotonic

from auditor.domain.reasons import ProcessEnd
from auditor.rule.custom.process_messages import END

MAX_RULE_SECONDS = 30.0
"""Time that the rules of ``rule_paths`` have for one target, all together."""

MAX_RULE_MEMORY_BYTES = 512 * 1024 * 1024
"""Address space of the process."""

MAX_RESULT_BYTES = 64 * 1024 * 1024
"""The results of all rules of ``rule_paths``, as JSON."""

_CHUNK = 65_536

_EXIT_SECONDS = 5.0
"""Time between the end of the answer and the end of the process."""

_CODE = (
    "import json, sys; sys.path[:] = json.loads(sys.argv[1]); "
    "from auditor.rule.custom.rule_runner import main; main(sys.argv[2:])"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessLimits:
    """The limits of one process."""

    seconds: float = MAX_RULE_SECONDS
    memory_bytes: int = MAX_RULE_MEMORY_BYTES
    answer_bytes: int = MAX_RESULT_BYTES


class ProcessEnded(Exception):  # noqa: N818  (it reports what happened; the caller names the rules)
    """The process ended before its answer was complete."""

    def __init__(self, why: ProcessEnd) -> None:
        super().__init__(why.value)
        self.why = why


def ask_process(lines: Iterable[bytes], limits: ProcessLimits) -> Generator[bytes, None, None]:
    """Send ``lines`` to a new process and yield the lines of its answer, each when it arrives.

    Raises :class:`ProcessEnded` when the process ends early or exceeds a limit. The process does
    not outlive the iteration.
    """
    path = json.dumps([os.path.abspath(each) for each in sys.path])  # noqa: PTH100  ("" means the working directory)
    try:
        process = subprocess.Popen(  # noqa: S603  (our own interpreter and code)
            [
                # -I: neither the environment nor the packages of the user change what runs. -B: no
                # .pyc is written.
                *(sys.executable, "-I", "-B", "-X", "utf8", "-c", _CODE),
                *(path, str(int(limits.seconds) + 1), str(limits.memory_bytes)),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={},
            cwd="/",
            start_new_session=True,
        )
    except OSError as error:  # no memory, or too many processes
        raise ProcessEnded(ProcessEnd.NOT_STARTED) from error
    assert process.stdin is not None  # noqa: S101  (a pipe, as requested above)
    assert process.stdout is not None  # noqa: S101  (as above)
    # In a thread: a process that answers before it has read all would block both sides.
    writer = threading.Thread(target=_write, args=(process, lines), daemon=True)
    try:
        writer.start()
        for line in _read_lines(process.stdout.fileno(), limits):
            if line == END:
                return
            yield line
        raise ProcessEnded(_why(process))
    finally:
        _end(process)
        writer.join(1)
        process.stdout.close()


def _end(process: subprocess.Popen[bytes]) -> None:
    """Let the process end itself and all processes that a rule started; kill it if it does not."""
    process.terminate()
    try:
        process.wait(_EXIT_SECONDS)
    except subprocess.TimeoutExpired:
        with suppress(ProcessLookupError, PermissionError):  # the process has ended already
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _write(process: subprocess.Popen[bytes], lines: Iterable[bytes]) -> None:
    assert process.stdin is not None  # noqa: S101  (a pipe)
    with suppress(OSError), process.stdin as pipe:  # the process may end before it has read all
        for line in lines:
            pipe.write(line)
            pipe.write(b"\n")


def _read_lines(pipe: int, limits: ProcessLimits) -> Iterator[bytes]:
    deadline = monotonic() + limits.seconds
    parts: list[bytes] = []
    total = 0
    with selectors.DefaultSelector() as selector:
        selector.register(pipe, selectors.EVENT_READ)
        while True:
            left = deadline - monotonic()
            # A process that a rule started can hold the pipe open, so the wait itself has an end.
            if left <= 0 or not selector.select(left):
                raise ProcessEnded(ProcessEnd.TIME)
            chunk = os.read(pipe, _CHUNK)
            if not chunk:
                return
            total += len(chunk)
            if total > limits.answer_bytes:
                raise ProcessEnded(ProcessEnd.OUTPUT)
            *ends, rest = chunk.split(b"\n")
            for end in ends:
                yield b"".join((*parts, end))
                parts = []
            parts.append(rest)


def _why(process: subprocess.Popen[bytes]) -> ProcessEnd:
    """Return why a process closed its answer early."""
    try:
        status = process.wait(_EXIT_SECONDS)
    except subprocess.TimeoutExpired:  # the process closed the pipe and still runs
        return ProcessEnd.EXIT
    if status in {-signal.SIGXCPU, -signal.SIGALRM}:
        return ProcessEnd.TIME
    # The auditor sends its own signal later, so the kernel sent this one.
    return ProcessEnd.MEMORY if status == -signal.SIGKILL else ProcessEnd.EXIT
