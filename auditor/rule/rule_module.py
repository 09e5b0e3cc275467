"""A rule file as a Python module: the rules in it, and the line of an error in it."""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

from auditor.errors import ConfigError
from auditor.rule.definition import Rule


def module_name(path: Path) -> str:
    """Return a name that no file of another directory has."""
    place = hashlib.sha256(str(path.parent).encode()).hexdigest()[:8]
    return f"auditor_rules_{place}.{path.stem}"


def rules_in(module: ModuleType, path: Path) -> tuple[Rule[Any], ...]:
    """Return the rules that a module defines. Raises ConfigError when there are none."""
    names: Mapping[str, object] = vars(module)
    rules = tuple(
        value
        for value in names.values()
        # A rule that this file imports belongs to the file that defines it.
        if isinstance(value, Rule) and value.check.__module__ == module.__name__
    )
    if not rules:
        msg = (
            f"{path}: no rule here "
            "(decorate the check with @rule, or start the name of the file with '_')"
        )
        raise ConfigError(msg)
    return rules


def module_error(path: Path, error: BaseException) -> ConfigError:
    """Return the error of a rule file that could not be executed, with its line."""
    text = error.msg if isinstance(error, SyntaxError) else str(error)
    reason = f"{type(error).__name__}: {text}" if text else type(error).__name__
    where = f"{path}:{_line_in(path, error)}"
    return ConfigError(f"{where}: the rule file cannot be executed: {reason} (correct this line)")


def _line_in(path: Path, error: BaseException) -> int:
    """Return the last line of ``path`` on the way to ``error``; 1 if there is none."""
    if isinstance(error, SyntaxError) and error.lineno:
        return error.lineno
    line, trace = 1, error.__traceback__
    while trace:
        if trace.tb_frame.f_code.co_filename == str(path):
            line = trace.tb_lineno
        trace = trace.tb_next
    return line
