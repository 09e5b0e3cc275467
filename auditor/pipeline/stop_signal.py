"""Make SIGTERM end a batch like Ctrl-C."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn


@contextmanager
def stop_on_sigterm() -> Iterator[None]:
    """Raise :class:`KeyboardInterrupt` in the main thread when SIGTERM arrives.

    Process 1 of a container gets only signals that have a handler. Without this handler, a pod
    continues until it is killed. An interrupted audit stores nothing.
    Does nothing outside the main thread, because Python allows handlers only there.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, _interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _interrupt(_number: int, _frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt
