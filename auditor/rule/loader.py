"""Rules from directories: those of the auditor, and those of ``rule_paths``."""

import hashlib
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from threading import Lock
from types import ModuleType
from typing import TYPE_CHECKING, Any

from auditor.errors import ConfigError
from auditor.resources import shipped
from auditor.rule.definition import Parameter, Rule, own_parameters
from auditor.rule.rule_module import module_error, module_name, rules_in

if TYPE_CHECKING:
    from auditor.rule.custom.custom_rule import CustomRule

_LOADING = Lock()


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedRule:
    """A rule and the file it came from."""

    rule: Rule[Any]
    path: Path
    version: str
    """Twelve hex digits of the file's SHA-256."""

    custom: "CustomRule | None" = None
    """For a rule of ``rule_paths``, whose code is not executed in this process."""

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """Return the rule's own parameters, in the order of its file."""
        return self.custom.parameters if self.custom else own_parameters(self.rule.params)


def load_rules(directories: Iterable[Path], *, where: str = "rule_paths") -> dict[str, LoadedRule]:
    """Return every rule found in ``directories``, by id, sorted by id.

    Rules of the auditor are executed here. All others are executed in a child process. ``where``
    is the place that names the directories, for messages. Raises
    :class:`~auditor.errors.ConfigError`.
    """
    found: dict[str, LoadedRule] = {}
    for directory in directories:
        is_ours = directory == shipped("rules")
        for loaded in _built_in(directory) if is_ours else _custom(directory, where):
            rule_id = loaded.rule.id
            if rule_id in found:
                msg = (
                    f'{loaded.path}: rule id "{rule_id}" is already taken by '
                    f"{found[rule_id].path} (choose another id)"
                )
                raise ConfigError(msg)
            found[rule_id] = loaded
    return dict(sorted(found.items()))


def _built_in(directory: Path) -> Iterator[LoadedRule]:
    for path in sorted(directory.glob("[!_]*.py")):
        version = hashlib.sha256(path.read_bytes()).hexdigest()[:12]
        # Two threads that execute one file at once would define its rules twice.
        with _LOADING:
            rules = _rules_of_file(path, version)
        for rule in rules:
            yield LoadedRule(rule=rule, path=path, version=version)


def _custom(directory: Path, where: str) -> Iterator[LoadedRule]:
    from auditor.rule.custom.custom_rule import load_custom_rules

    for each in load_custom_rules(directory, where=where):
        yield LoadedRule(
            rule=each.rule, path=each.file.path, version=each.file.version, custom=each
        )


@cache
def _rules_of_file(path: Path, version: str) -> tuple[Rule[Any], ...]:  # noqa: ARG001  (a changed file is another)
    """Execute a rule file, once for all targets and threads while it stays the same."""
    return rules_in(_execute(path), path)


def _execute(path: Path) -> ModuleType:
    name = module_name(path)
    spec = spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        msg = f"{path}: not a Python file (remove or rename it)"
        raise ConfigError(msg)
    module = sys.modules[name] = module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except Exception as error:  # any error of a rule file is a fault of this file
        del sys.modules[name]
        raise module_error(path, error) from error
    return module
