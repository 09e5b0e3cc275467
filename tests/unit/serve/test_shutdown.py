"""All parts of a service end at the same time, within one limit."""

from datetime import timedelta
from time import monotonic

from auditor.serve.shutdown import seconds_until, shut_down


class RecordingPart:
    """A part that records what is asked of it."""

    def __init__(self, name: str, calls: list[tuple[str, str]], *, ends: bool = True) -> None:
        self.name, self.calls, self.ends = name, calls, ends
        self.waited_until = 0.0

    def end(self) -> None:
        self.calls.append(("end", self.name))

    def wait(self, ends_at: float) -> bool:
        self.calls.append(("wait", self.name))
        self.waited_until = ends_at
        return self.ends


def test_each_part_ends_before_any_is_waited_for():
    calls: list[tuple[str, str]] = []
    parts = [RecordingPart("jobs", calls), RecordingPart("watch", calls)]
    assert shut_down(parts, timedelta(minutes=1))
    assert calls == [("end", "jobs"), ("end", "watch"), ("wait", "jobs"), ("wait", "watch")]


def test_all_parts_share_one_limit_of_time():
    parts = [RecordingPart("jobs", [], ends=False), RecordingPart("watch", [])]
    assert not shut_down(parts, timedelta(minutes=1))
    (ends_at,) = {each.waited_until for each in parts}
    assert 0 < seconds_until(ends_at) <= 60


def test_a_time_that_has_passed_leaves_no_seconds():
    assert seconds_until(monotonic() - 1) == 0
