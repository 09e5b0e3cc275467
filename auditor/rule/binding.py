"""A rule with the parameters of a target."""

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, NoReturn

import msgspec

from auditor.errors import ConfigError, gather_errors, nearest
from auditor.rule.definition import Params, Rule
from auditor.rule.loader import LoadedRule
from auditor.rule.parameter_error import parameter_error
from auditor.rule.severity import Severity
from auditor.serialization import convert

RuleTables = Mapping[str, Mapping[str, Any]]
"""Rule id to its table in the configuration: ``enabled``, ``severity`` and the rule's own keys."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BoundRule:
    """A rule with the parameters it runs with on one target."""

    rule: Rule[Any]
    params: Params
    ceiling: Severity | None
    """The severity that the configuration sets; ``None``: it sets none."""

    version: str
    is_custom: bool = False
    """Whether it is a rule of ``rule_paths``, which each evaluation runs in a child process."""

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
        # A configured severity is a limit: a violation that the rule itself calls milder stays
        # milder.
        return min(own, self.ceiling, key=lambda each: each.rank) if self.ceiling else own


def bind(rules: Mapping[str, LoadedRule], *tables: RuleTables, where: str) -> tuple[BoundRule, ...]:
    """Give each enabled rule its parameters; a later table wins, key by key.

    Raises one :class:`~auditor.errors.ConfigError` for all that is wrong with the tables, which
    names ``where`` (the file and the table: ``auditor.toml: rules``) and the keys.
    """
    merged: dict[str, dict[str, Any]] = {}
    for table in tables:
        for rule_id, keys in table.items():
            merged[rule_id] = {**merged.get(rule_id, {}), **keys}
    parts: list[Callable[[], BoundRule | None]] = [
        partial(_reject_rule, rule_id, rules, where) for rule_id in merged if rule_id not in rules
    ]
    parts += [
        partial(_bind_one, loaded, merged.get(rule_id, {}), where)
        for rule_id, loaded in rules.items()
    ]
    return _with_process(tuple(filter(None, gather_errors(parts))), rules)


def _with_process(
    bound: tuple[BoundRule, ...], rules: Mapping[str, LoadedRule]
) -> tuple[BoundRule, ...]:
    """Give custom rules the check that evaluates all of them in one child process."""
    if not any(rules[each.id].custom for each in bound):
        return bound
    # Imported here: without rules of their own, users do not wait for these modules.
    from auditor.rule.custom.custom_rule import CustomEvaluation, CustomParams

    custom = {
        each.id: (own, each.params)
        for each in bound
        if (own := rules[each.id].custom) and isinstance(each.params, CustomParams)
    }
    process = CustomEvaluation(custom.values())
    return tuple(
        replace(each, rule=replace(each.rule, check=process.check(each.id)), is_custom=True)
        if each.id in custom
        else each
        for each in bound
    )


def _reject_rule(rule_id: str, rules: Iterable[str], where: str) -> NoReturn:
    hint = nearest(rule_id, rules) or " (`auditor rules` lists the rules)"
    msg = f"{where}.{rule_id}: no such rule{hint}"
    raise ConfigError(msg)


def _bind_one(loaded: LoadedRule, table: dict[str, Any], where: str) -> BoundRule | None:
    rule = loaded.rule
    key = f"{where}.{rule.id}"
    enabled = table.pop("enabled", rule.enabled)
    if not isinstance(enabled, bool):
        msg = f"{key}.enabled: expected true or false, got {enabled!r} (write it without quotes)"
        raise ConfigError(msg)
    severity = table.pop("severity", None)
    if severity is not None and severity not in list(Severity):
        msg = (
            f'{key}.severity: expected one of {", ".join(Severity)}, got "{severity}"'
            f"{nearest(str(severity), Severity) or ' (write one of them)'}"
        )
        raise ConfigError(msg)
    known = [each.name for each in loaded.parameters]
    for name in table:
        if name not in known:
            keys = [*known, "enabled", "severity"]
            hint = nearest(name, keys) or f" (the keys are {', '.join(sorted(keys))})"
            msg = f"{key}.{name}: unknown key{hint}"
            raise ConfigError(msg)
    try:
        params = loaded.custom.bind(table, key) if loaded.custom else convert(table, rule.params)
    except msgspec.ValidationError as error:
        from auditor.serialization import validation_message

        raise parameter_error(rule.id, key, *validation_message(error)) from error
    # After its table was checked, so that a rule can be turned on later without an error.
    if not enabled:
        return None
    ceiling = Severity(severity) if severity else None
    return BoundRule(rule=rule, params=params, ceiling=ceiling, version=loaded.version)
