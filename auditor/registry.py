"""Rules from directories, ours and the user's by one road, and the parameters they run with."""

import hashlib
import stat
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache, partial
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from threading import Lock
from types import ModuleType
from typing import TYPE_CHECKING, Any, NoReturn

import msgspec

from auditor.errors import ConfigError, gather_errors, nearest
from auditor.resources import shipped
from auditor.rule.definition import Params, Rule
from auditor.rule.weight import Severity
from auditor.serialization import convert

if TYPE_CHECKING:  # not needed to list the rules, which is to be quick
    from auditor.config.settings import Settings, TargetSettings

_LOADING = Lock()

Tables = Mapping[str, Mapping[str, Any]]
"""Rule id to its table in the configuration: ``enabled``, ``severity`` and the rule's own keys."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedRule:
    """A rule and the file it came from."""

    rule: Rule[Any]
    path: Path
    version: str
    """Twelve hex digits of the file's SHA-256."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BoundRule:
    """A rule with the parameters it runs with on one target."""

    rule: Rule[Any]
    params: Params
    ceiling: Severity | None
    """The severity that the configuration sets; ``None``: it sets none."""

    version: str

    @property
    def id(self) -> str:
        """The rule's id."""
        return self.rule.id

    @property
    def configuration(self) -> str:
        """Twelve hex digits that change when a parameter or the severity does."""
        text = msgspec.json.encode((self.id, self.ceiling, self.params), order="sorted")
        return hashlib.sha256(text).hexdigest()[:12]

    def severity(self, of_violation: Severity | None) -> Severity:
        """Weigh a violation's own severity against the rule's and the configured ceiling."""
        own = of_violation or self.ceiling or self.rule.severity
        return min(own, self.ceiling, key=lambda each: each.rank) if self.ceiling else own


def rules_for(settings: "Settings", target: "TargetSettings") -> tuple[BoundRule, ...]:
    """Return the rules that run on ``target``, with their parameters; before any network call."""
    rules = load_rules((shipped("rules"), *settings.rule_paths))
    file = str(settings.path)
    own = f"{file}: target {target.name!r}"
    checks: tuple[Callable[[], object], ...] = (
        partial(settings.check_rules_named, rules),
        partial(bind, rules, settings.rules, where=file),
        partial(bind, rules, target.rules, where=own),
    )
    gather_errors(checks)
    bound = bind(rules, settings.rules, target.rules, where=file)
    if settings.hides_names:
        gather_errors([partial(_refuse_names, each, file) for each in bound])
    return bound


def switched_off(settings: "Settings", running: Iterable[BoundRule]) -> tuple[str, ...]:
    """Name the rules that there are and that do not run."""
    rules = load_rules((shipped("rules"), *settings.rule_paths))
    return tuple(sorted(rules.keys() - {bound.id for bound in running}))


def load_rules(directories: Iterable[Path]) -> dict[str, LoadedRule]:
    """Return every rule found in ``directories``, by id, sorted by id."""
    found: dict[str, LoadedRule] = {}
    for directory in directories:
        _refuse_writable(directory)
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


def bind(rules: Mapping[str, LoadedRule], *tables: Tables, where: str) -> tuple[BoundRule, ...]:
    """Give each enabled rule its parameters; a later table wins, key by key.

    Raises one :class:`~auditor.errors.ConfigError` for all that is wrong with the tables, which
    names ``where`` (the file) and the keys.
    """
    merged: dict[str, dict[str, Any]] = {}
    for table in tables:
        for rule_id, keys in table.items():
            merged[rule_id] = {**merged.get(rule_id, {}), **keys}
    parts: list[Callable[[], BoundRule | None]] = [
        partial(_refuse_rule, rule_id, rules, where) for rule_id in merged if rule_id not in rules
    ]
    parts += [
        partial(_bind_one, loaded, merged.get(rule_id, {}), where)
        for rule_id, loaded in rules.items()
    ]
    return tuple(filter(None, gather_errors(parts)))


def _refuse_names(bound: BoundRule, where: str) -> None:
    """Refuse what could silently match nobody."""
    if names := ", ".join(map(repr, bound.params.names)):
        msg = (
            f'{where}: rules.{bound.id}: {names}: matches nobody where privacy = "ids" hides '
            "names (write the accounts' ids)"
        )
        raise ConfigError(msg)


def _refuse_rule(rule_id: str, rules: Iterable[str], where: str) -> NoReturn:
    msg = f"{where}: rules.{rule_id}: no such rule{nearest(rule_id, rules)}"
    raise ConfigError(msg)


def _bind_one(loaded: LoadedRule, table: dict[str, Any], where: str) -> BoundRule | None:
    rule = loaded.rule
    key = f"{where}: rules.{rule.id}"
    enabled = table.pop("enabled", rule.enabled)
    if not isinstance(enabled, bool):
        msg = f"{key}.enabled: expected true or false, got {enabled!r}"
        raise ConfigError(msg)
    severity = table.pop("severity", None)
    if severity is not None and severity not in list(Severity):
        msg = f"{key}.severity: expected one of {', '.join(Severity)}, got {severity!r}"
        raise ConfigError(msg)
    known = [field.encode_name for field in msgspec.structs.fields(rule.params)]
    for name in table:
        if name not in known:
            hint = nearest(name, [*known, "enabled", "severity"])
            msg = f"{key}.{name}: unknown key{hint}"
            raise ConfigError(msg)
    try:
        params = convert(table, rule.params)
    except msgspec.ValidationError as error:
        from auditor.serialization import validation_message

        path, text = validation_message(error)
        msg = f"{key}{path}: {text}"
        raise ConfigError(msg) from error
    if not enabled:
        return None
    ceiling = Severity(severity) if severity else None
    return BoundRule(rule=rule, params=params, ceiling=ceiling, version=loaded.version)


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
    except Exception as error:  # whatever a file raises when it is executed is its fault
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


def _refuse_writable(directory: Path) -> None:
    """Refuse a directory into which others could put code that runs beside the tokens."""
    try:
        mode = directory.stat().st_mode
    except OSError as error:
        msg = f"{directory}: cannot read rules from here: {error.strerror}"
        raise ConfigError(msg) from error
    if mode & (stat.S_IWGRP | stat.S_IWOTH):
        msg = f"{directory}: others can write here, so its rules are not run; chmod go-w it"
        raise ConfigError(msg)
