"""The memory of `serve` does not grow between audits; `make soak` tests thousands of them."""

from tests.benchmarks.soak.soaking import grown, soak

RUNS = 160


def test_nothing_grows(tmp_path):
    first, warm, *_, last = soak(tmp_path, RUNS, every=RUNS // 2)
    assert first.runs < warm.runs < last.runs == RUNS
    assert grown(warm, last) == []
