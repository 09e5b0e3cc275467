"""One process runs the tests of a group."""

import os

import pytest


@pytest.mark.xdist_group("an example")
@pytest.mark.parametrize("_number", range(6))
def test_the_tests_of_a_group_run_in_one_process(tmp_path_factory, testrun_uid, _number):
    processes = tmp_path_factory.getbasetemp().parent / f"processes-{testrun_uid}"
    with processes.open("a") as file:
        file.write(f"{os.getpid()}\n")
    assert len(set(processes.read_text().split())) == 1
