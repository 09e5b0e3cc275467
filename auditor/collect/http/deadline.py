"""The end of a run, known to everything that waits."""

import threading
import time

OUT_OF_TIME = "the run's time was up"


class Deadline:
    """When all collecting has to be over; shared by threads."""

    def __init__(self, seconds: float) -> None:
        self._at = time.monotonic() + seconds
        self._called_off = threading.Event()

    @property
    def remaining(self) -> float:
        """Seconds left, never negative."""
        return 0.0 if self._called_off.is_set() else max(0.0, self._at - time.monotonic())

    def call_off(self) -> None:
        """End the run now, whoever is waiting."""
        self._called_off.set()

    def sleep(self, seconds: float) -> bool:
        """Wait; tell whether the run goes on. What would outlast the run is not waited for."""
        if seconds >= self.remaining:
            return False
        return not self._called_off.wait(seconds)
