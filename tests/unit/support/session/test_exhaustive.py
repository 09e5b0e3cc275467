"""Which tests `make test` leaves out."""

from pathlib import Path

import pytest

from tests.support.session.exhaustive import BY_PATH, exhaustive_reason

ROOT = Path(__file__).parents[4]


@pytest.mark.parametrize("start", BY_PATH)
def test_each_path_that_is_left_out_exists(start):
    assert (ROOT / start).exists()


def test_a_test_in_a_named_folder_is_exhaustive():
    assert exhaustive_reason("tests/faults/test_matrix.py", ()) == BY_PATH["tests/faults/"]


def test_a_test_that_uses_a_real_peer_is_exhaustive():
    assert exhaustive_reason("tests/e2e/test_secrets.py", ("tmp_path", "postgres"))


def test_a_mark_counts_as_the_use_of_its_fixture():
    assert exhaustive_reason("tests/integration/store/test_audits.py", (), ("postgres",))


def test_every_other_test_belongs_to_make_test():
    assert exhaustive_reason("tests/e2e/test_secrets.py", ("tmp_path",)) is None
