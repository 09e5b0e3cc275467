"""The parent of the process that executes custom rules: it ends all processes that a rule started.

A rule can start processes, also in a session of their own. On Linux they stay below this process,
because it adopts orphans. On other systems only those in the same process group are ended.
"""

import os
import resource
import signal
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from types import FrameType

_PR_SET_CHILD_SUBREAPER = 36
"""From linux/prctl.h."""

_GRACE_SECONDS = 2
"""The child has an alarm of its own, which comes first."""


class _Requested(BaseException):
    """The auditor needs no more results, or the time is over."""


def supervise(seconds: int) -> None:
    """Fork. Return in the child only.

    The parent waits for the child, ends all processes that it left behind, and exits with the same
    status. SIGTERM ends all of them at once, as the end of ``seconds`` does.
    """
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    _adopt_orphans()
    status = None
    # All within one `try`: a signal can arrive at any time, also just after the child has ended,
    # and the processes that it left behind must be ended then, too.
    try:
        _on_signals(_request_end)
        child = os.fork()
        if child == 0:
            _on_signals(signal.SIG_DFL)
            return
        status = _status_of(child, seconds)
        _on_signals(signal.SIG_IGN)
    except _Requested:
        pass
    _end_descendants()
    _exit_as(status)


def _on_signals(action: Callable[[int, FrameType | None], None] | signal.Handlers) -> None:
    for number in (signal.SIGTERM, signal.SIGALRM):
        signal.signal(number, action)


def _request_end(_number: int, _frame: FrameType | None) -> None:
    _on_signals(signal.SIG_IGN)  # so that it is raised only once
    raise _Requested


def _status_of(child: int, seconds: int) -> int:
    """Wait for a child; return its status."""
    signal.alarm(seconds + _GRACE_SECONDS)
    null = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(null, descriptor)  # only the child holds the pipes of the auditor
    return os.waitpid(child, 0)[1]


def _adopt_orphans() -> None:
    import ctypes

    with suppress(AttributeError, OSError):  # another system than Linux
        ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def _end_descendants() -> None:
    """Kill all children; their own children become ours, until none is left."""
    while True:
        found = False
        for pid in _children():
            found = True
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        try:
            os.waitpid(-1, 0 if found else os.WNOHANG)
        except ChildProcessError:
            return
        if not found:  # there are children, but no /proc lists them
            os.killpg(os.getpgrp(), signal.SIGKILL)


def _children() -> Iterator[int]:
    """Yield the ids of the children of this process."""
    own = str(os.getpid())
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError, IndexError):  # the process has ended
            # "PID (NAME) STATE PPID …"; a name can contain any character
            text = (folder / "stat").read_text(encoding="ascii", errors="replace")
            if text.rpartition(")")[2].split()[1] == own:
                yield int(folder.name)


def _exit_as(status: int | None) -> None:
    """End this process as another one ended; ``None``: it was not waited for."""
    if status is not None and os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        with suppress(OSError):  # SIGKILL has no other action
            signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)
    os._exit(1 if status is None else os.WEXITSTATUS(status))
