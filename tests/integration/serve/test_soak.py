"""The memory of `serve` does not grow between audits; `make soak` tests thousands of them."""

from tests.benchmarks.soak.soaking import grown, soak

RUNS = 160


def test_nothing_grows(tmp_path):
    figures = list(soak(tmp_path, RUNS, every=RUNS // 2))
    first, warm, *_, last = figures
    assert first.runs < warm.runs < last.runs == RUNS
    assert grown(warm, last) == []
    assert [each.missed for each in figures] == [0] * len(figures)
