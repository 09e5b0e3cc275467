"""Rules from directories, ours and the user's by one road, and the parameters they run with."""

import hashlib
import stat
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from threading import Lock
from types import ModuleType
from typing import Any

from auditor.errors import ConfigError
from auditor.resources import shipped
from auditor.rule.definition import Rule

_LOADING = Lock()


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedRule:
    """A rule and the file it came from."""

    rule: Rule[Any]
    path: Path
    version: str
    """Twelve hex digits of the file's SHA-256."""


def load_rules(directories: Iterable[Path]) -> dict[str, LoadedRule]:
    """Return every rule found in ``directories``, by id, sorted by id."""
    found: dict[str, LoadedRule] = {}
    for directory in directories:
        if directory != shipped(
            "rules"
        ):  # the program itself is no more trustworthy, even under umask 002
            _reject_writable(directory)
        for path in sorted(directory.glob("[!_]*.py")):
            version = hashlib.sha256(path.read_bytes()).hexdigest()[:12]
            with _LOADING:
                rules = _rules_in(path, version)
            for rule in rules:
                if rule.id in found:
                    msg = (
                        f"{path}: rule id {rule.id!r} is already taken by {found[rule.id].path}; "
                        "choose another id"
                    )
                    raise ConfigError(msg)
                found[rule.id] = LoadedRule(rule=rule, path=path, version=version)
    return dict(sorted(found.items()))


@cache
def _rules_in(path: Path, version: str) -> tuple[Rule[Any], ...]:  # noqa: ARG001  (a changed file is another)
    """Execute a rule file, once for all targets and threads while it stays the same."""
    module = _execute(path)
    rules = tuple(
        value
        for value in vars(module).values()
        if isinstance(value, Rule) and value.check.__module__ == module.__name__
    )
    if not rules:
        msg = f"{path}: no rule here; decorate the check with @rule, or start the name with '_'"
        raise ConfigError(msg)
    return rules


def _execute(path: Path) -> ModuleType:
    place = hashlib.sha256(str(path.parent).encode()).hexdigest()[:8]
    name = f"auditor_rules_{place}.{path.stem}"
    spec = spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        msg = f"{path}: not a Python file"
        raise ConfigError(msg)
    module = sys.modules[name] = module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except Exception as error:  # any error of a rule file is a fault of this file
        del sys.modules[name]
        msg = f"{path}:{_line_in(path, error)}: {type(error).__name__}: {error}"
        raise ConfigError(msg) from error
    return module


def _line_in(path: Path, error: Exception) -> int:
    """Return the last line of ``path`` on the way to ``error``; 1 if there is none."""
    if isinstance(error, SyntaxError) and error.lineno:
        return error.lineno
    line, trace = 1, error.__traceback__
    while trace:
        if trace.tb_frame.f_code.co_filename == str(path):
            line = trace.tb_lineno
        trace = trace.tb_next
    return line


def _reject_writable(directory: Path) -> None:
    """Refuse a directory into which others could put code that runs beside the tokens."""
    try:
        mode = directory.stat().st_mode
    except OSError as error:
        msg = f"{directory}: cannot read rules from here: {error.strerror}"
        raise ConfigError(msg) from error
    if mode & (stat.S_IWGRP | stat.S_IWOTH):
        msg = f"{directory}: others can write here, so its rules are not run; chmod go-w it"
        raise ConfigError(msg)
