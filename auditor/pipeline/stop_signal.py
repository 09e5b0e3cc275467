"""SIGTERM ends a batch as Ctrl-C does."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn


@contextmanager
def stop_on_sigterm() -> Iterator[None]:
    """Raise :class:`KeyboardInterrupt` in the main thread when SIGTERM arrives.

    The kernel delivers no signal without a handler to process 1, as in a container. Then a pod
    would run on until it is killed. Nothing of the interrupted audit is stored.
    In another thread than the main one this does nothing, because Python refuses it there.
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
