"""The order in which a run starts the tests."""

from pathlib import Path

import pytest

from tests.support.session.order import LONGEST_FIRST, SHORT_LAST, rank

ROOT = Path(__file__).parents[4]


@pytest.mark.parametrize("start", [*LONGEST_FIRST, *SHORT_LAST])
def test_each_named_path_exists(start):
    assert (ROOT / start).exists()


def test_long_tests_come_first_and_short_ones_last():
    others = ("tests/unit/test_errors.py", "tests/e2e/test_hostile.py")
    paths = (*SHORT_LAST, *others, *reversed(LONGEST_FIRST))
    assert sorted(paths, key=rank) == [*LONGEST_FIRST, *others, *SHORT_LAST]


def test_the_tests_of_a_run_are_in_this_order(request):
    paths = [item.path.relative_to(ROOT).as_posix() for item in request.session.items]
    assert paths == sorted(paths, key=rank)
