import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from auditor.files import (
    cause_and_remedy,
    read_regular_file,
    require_regular_file,
    write_new,
    write_whole,
)


def test_a_file_is_replaced_and_only_its_owner_can_read_it(tmp_path):
    path = tmp_path / "snapshot.json"
    path.write_text("old")
    path.chmod(0o644)
    write_whole(path, b"new")
    assert path.read_bytes() == b"new"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("kind", ["directory", "pipe", "device"])
def test_only_a_regular_file_is_read_or_replaced(tmp_path, kind):
    path = tmp_path / kind
    if kind == "directory":
        path.mkdir()
    elif kind == "pipe":
        os.mkfifo(path)
    else:
        path.symlink_to("/dev/null")
    with pytest.raises(OSError, match="not a regular file"):
        require_regular_file(path)
    with pytest.raises(OSError, match="not a regular file"):
        read_regular_file(path)
    with pytest.raises(OSError, match="not a regular file"):
        write_whole(path, b"new")
    assert stat.S_ISCHR(Path("/dev/null").stat().st_mode)
    assert [each.name for each in tmp_path.iterdir()] == [kind]


def test_the_beginning_of_a_file_can_be_read(tmp_path):
    path = tmp_path / "secret"
    path.write_bytes(b"abc")
    assert (read_regular_file(path), read_regular_file(path, 2)) == (b"abc", b"ab")


def test_a_loop_of_links_is_an_error_with_its_fix(tmp_path):
    path = tmp_path / "loop"
    path.symlink_to("loop")
    with pytest.raises(OSError, match="symbolic links") as raised:
        read_regular_file(path)
    assert cause_and_remedy(raised.value).endswith("(remove the loop of symbolic links)")


def test_a_new_file_replaces_no_other(tmp_path):
    path = tmp_path / "main.tf"
    write_new(path, b"new")
    with pytest.raises(FileExistsError):
        write_new(path, b"newer")
    assert path.read_bytes() == b"new"


TOO_LARGE = """
import resource, sys
from pathlib import Path
from auditor.files import write_new
resource.setrlimit(resource.RLIMIT_FSIZE, (10, 10))
write_new(Path(sys.argv[1]), b"x" * 100)
"""


def test_a_new_file_that_does_not_fit_is_named_and_not_left_behind(tmp_path):
    path = tmp_path / "main.tf"
    words = [sys.executable, "-c", TOO_LARGE, str(path)]
    done = subprocess.run(words, capture_output=True, check=False, text=True)
    assert done.stderr.endswith(f"OSError: [Errno 27] File too large: '{path}'\n")
    assert not path.exists()
