"""The files of ``rule_paths``: read once, after their owners and modes were checked."""

import hashlib
import os
import stat
from dataclasses import dataclass, field
from pathlib import Path

from auditor.errors import ConfigError
from auditor.files import cause_and_remedy

MAX_RULE_FILE_BYTES = 1_000_000
"""The largest rule file."""

_LOOP = "too many links (remove the loop of symbolic links)"

_OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleFile:
    """A rule file. The bytes that were hashed are the bytes that are executed."""

    path: Path
    """The path as configured, for messages."""

    version: str
    """Twelve hex digits of the SHA-256 of the content."""

    content: bytes = field(compare=False, repr=False)


def read_rule_files(directory: Path, *, where: str = "rule_paths") -> tuple[RuleFile, ...]:
    """Read the rule files of a directory, sorted by name.

    ``where`` is the place that names the directory, for messages. Raises
    :class:`~auditor.errors.ConfigError` for what cannot be read, is no directory or no
    regular file, or can be changed by another user.
    """
    try:
        names = sorted(each.name for each in directory.iterdir())
    except OSError as error:
        msg = f"{where}: {directory}: cannot read rules from here: {cause_and_remedy(error)}"
        raise ConfigError(msg) from error
    _check_folders(directory, where)
    return tuple(
        _read(directory / name, where)
        for name in names
        if name.endswith(".py") and not name.startswith(("_", "."))
    )


def _read(path: Path, where: str) -> RuleFile:
    try:
        resolved = path.resolve(strict=True)
        _check_folders(resolved.parent, where)
        # O_NONBLOCK: a pipe without a writer must not block. O_NOFOLLOW: the path is resolved.
        descriptor = os.open(resolved, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC)
        with os.fdopen(descriptor, "rb") as file:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode):
                msg = (
                    f"{path}: not a regular file, so no rule is read from it (remove or rename it)"
                )
                raise ConfigError(msg)
            _check_owner(path, resolved, status)
            content = file.read(MAX_RULE_FILE_BYTES + 1)
    except OSError as error:
        msg = f"{path}: the rule file cannot be read: {cause_and_remedy(error)}"
        raise ConfigError(msg) from error
    except RuntimeError as error:  # Python 3.11 and 3.12 raise it for a loop of links
        msg = f"{path}: the rule file cannot be read: {_LOOP}"
        raise ConfigError(msg) from error
    if len(content) > MAX_RULE_FILE_BYTES:
        limit = f"{MAX_RULE_FILE_BYTES:,} bytes"
        msg = f"{path}: larger than {limit}, so no rule is read from it (split the file)"
        raise ConfigError(msg)
    version = hashlib.sha256(content).hexdigest()[:12]
    return RuleFile(path=path, version=version, content=content)


def _check_folders(directory: Path, where: str) -> None:
    """Refuse a folder in which another user can replace rules, also by replacing its parents."""
    try:
        resolved = directory.resolve(strict=True)
        for folder in dict.fromkeys((resolved, *resolved.parents, *directory.absolute().parents)):
            status = folder.stat()
            # In a sticky folder such as /tmp, only its owner replaces entries of other owners.
            is_sticky = status.st_mode & stat.S_ISVTX and folder != resolved
            _check_owner(directory, folder, status, can_be_shared=bool(is_sticky))
    except (OSError, RuntimeError) as error:
        reason = cause_and_remedy(error) if isinstance(error, OSError) else _LOOP
        msg = f"{where}: {directory}: cannot read rules from here: {reason}"
        raise ConfigError(msg) from error


def _check_owner(
    named: Path, resolved: Path, status: os.stat_result, *, can_be_shared: bool = False
) -> None:
    where = f"{named}" if named == resolved else f"{named}: {resolved}"
    if status.st_uid not in {0, os.geteuid()}:
        msg = (
            f"{where}: belongs to another user (uid {status.st_uid}), so its rules are not run "
            "(chown it to the user of the auditor or to root)"
        )
        raise ConfigError(msg)
    if status.st_mode & _OTHERS_WRITE and not can_be_shared:
        msg = f"{where}: others can write here, so its rules are not run (chmod go-w it)"
        raise ConfigError(msg)
