"""A rule file is read only if no other user can change it, and if it is a regular file."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from auditor.errors import ConfigError
from auditor.rule.custom.rule_file import MAX_RULE_FILE_BYTES, read_rule_files

STRANGER = 12_345
"""A user id that is neither root nor the user of the tests."""

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files to others")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return mine/ in a folder parent/, with one rule file."""
    folder = tmp_path / "parent" / "mine"
    folder.mkdir(parents=True)
    for each in (folder.parent, folder):
        each.chmod(0o755)
    rule = folder / "own.py"
    rule.write_text("x = 1\n")
    rule.chmod(0o644)
    return folder


def test_a_file_is_read_with_its_hash(folder):
    (file,) = read_rule_files(folder)
    assert (file.path, file.content) == (folder / "own.py", b"x = 1\n")
    assert len(file.version) == 12


def test_other_names_are_not_read(folder):
    for name in ("_helper.py", ".hidden.py", "notes.txt"):
        (folder / name).write_text("raise SystemExit")
    assert [file.path.name for file in read_rule_files(folder)] == ["own.py"]


PLACES = {"the file": "own.py", "its folder": ".", "a parent": ".."}


@pytest.mark.parametrize("place", PLACES.values(), ids=PLACES)
@pytest.mark.parametrize("mode", [0o020, 0o002])
def test_what_others_can_write_is_refused(folder, place, mode):
    path = (folder / place).resolve()
    path.chmod(path.stat().st_mode | mode)
    with pytest.raises(ConfigError, match="others can write here, so its rules are not run"):
        read_rule_files(folder)


@needs_root
@pytest.mark.parametrize("place", PLACES.values(), ids=PLACES)
def test_what_belongs_to_another_user_is_refused(folder, place):
    os.chown((folder / place).resolve(), STRANGER, -1)
    with pytest.raises(ConfigError, match=r"belongs to another user \(uid 12345\)"):
        read_rule_files(folder)


@needs_root
def test_a_folder_with_the_sticky_bit_is_a_safe_parent_only_if_root_owns_it(folder):
    folder.parent.chmod(0o1777)
    assert read_rule_files(folder)
    os.chown(folder.parent, STRANGER, -1)
    with pytest.raises(ConfigError, match="belongs to another user"):
        read_rule_files(folder)


def test_the_sticky_bit_does_not_make_the_folder_of_the_rules_safe(folder):
    folder.chmod(0o1777)
    with pytest.raises(ConfigError, match="others can write here"):
        read_rule_files(folder)


@pytest.mark.parametrize("is_file", [True, False])
def test_the_destination_of_a_link_is_checked(folder, tmp_path, is_file):
    open_folder = tmp_path / "open"
    open_folder.mkdir()
    (open_folder / "linked.py").write_text("x = 2\n")
    if is_file:
        (folder / "linked.py").symlink_to(open_folder / "linked.py")
        directory = folder
    else:
        directory = tmp_path / "link"
        directory.symlink_to(open_folder)
    open_folder.chmod(0o755)
    assert any(file.content == b"x = 2\n" for file in read_rule_files(directory))
    open_folder.chmod(0o777)
    with pytest.raises(ConfigError, match="others can write here"):
        read_rule_files(directory)


def test_the_folder_that_holds_a_link_is_checked(folder, tmp_path):
    open_folder = tmp_path / "open"
    open_folder.mkdir()
    open_folder.chmod(0o777)
    (open_folder / "link").symlink_to(folder)
    with pytest.raises(ConfigError, match="others can write here"):
        read_rule_files(open_folder / "link")


def a_folder(path: Path) -> None:
    path.mkdir()


def a_loop(path: Path) -> None:
    path.symlink_to(path)


def a_large_file(path: Path) -> None:
    path.write_bytes(b"#" * (MAX_RULE_FILE_BYTES + 1))


ODD: dict[str, tuple[Callable[[Path], object], str]] = {
    "a folder": (a_folder, r"odd\.py: .*Is a directory"),
    "a dangling link": (lambda path: path.symlink_to("nowhere"), r"odd\.py: .*No such file"),
    "a loop of links": (a_loop, r"odd\.py: .*(too many links|Too many levels)"),
    "a pipe": (os.mkfifo, r"odd\.py: not a regular file"),
    "a link to a device": (lambda path: path.symlink_to("/dev/zero"), r"odd\.py: "),
    "a large file": (a_large_file, r"odd\.py: larger than 1,000,000 bytes"),
}


@pytest.mark.parametrize(("make", "message"), ODD.values(), ids=ODD)
def test_what_is_no_regular_file_is_named(folder, make, message):
    make(folder / "odd.py")
    with pytest.raises(ConfigError, match=message):
        read_rule_files(folder)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda path: path.write_text("x"), "cannot read rules from here: Not a directory"),
        (lambda path: path.symlink_to("nowhere"), "cannot read rules from here: No such file"),
        (a_loop, "cannot read rules from here: "),
        (os.mkfifo, "cannot read rules from here: Not a directory"),
        (lambda _: None, "cannot read rules from here: No such file"),
    ],
    ids=["a file", "a dangling link", "a loop of links", "a pipe", "nothing"],
)
def test_a_path_that_is_no_folder_is_named(folder, make, message):
    make(folder.parent / "path")
    with pytest.raises(ConfigError, match=message):
        read_rule_files(folder.parent / "path")
