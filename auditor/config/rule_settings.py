"""The rules that run on a target, from the configuration."""

from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from auditor.config.document import Document, KeyPath
from auditor.config.settings import DEFAULT_OWNER, Settings
from auditor.config.tables.target_settings import TargetSettings
from auditor.errors import ConfigError, closest, first_lines, gather_errors
from auditor.resources import shipped
from auditor.rule.binding import BoundRule, bind
from auditor.rule.loader import LoadedRule, load_rules


def all_rules(rule_paths: Iterable[Path], *, where: str = "rule_paths") -> dict[str, LoadedRule]:
    """Load the built-in rules and those of ``rule_paths``, by id.

    ``where`` is the place of the key, for messages. Raises :class:`~auditor.errors.ConfigError`.
    """
    return load_rules((shipped("rules"), *rule_paths), where=where)


def rules_for(settings: Settings, target: TargetSettings) -> tuple[BoundRule, ...]:
    """Return the rules that run on ``target``, with their parameters.

    Raises one :class:`~auditor.errors.ConfigError` for all errors that concern rules.
    """
    return _bound(settings, target, _checked_rules(settings))


def check_rules(settings: Settings, targets: Iterable[TargetSettings]) -> None:
    """Raise one :class:`~auditor.errors.ConfigError` for all errors that concern rules.

    The files and the tables are read once for all ``targets``.
    """
    rules = _checked_rules(settings)
    gather_errors(partial(_bound, settings, each, rules) for each in targets)


def _checked_rules(settings: Settings) -> dict[str, LoadedRule]:
    rules = all_rules(settings.rule_paths, where=settings.place("rule_paths"))
    if lines := first_lines(rule_errors(settings.document, rules)):
        raise ConfigError(*lines)
    return rules


def _bound(
    settings: Settings, target: TargetSettings, rules: Mapping[str, LoadedRule]
) -> tuple[BoundRule, ...]:
    where = settings.place("rules")
    bound = bind(rules, settings.rules, settings.defaults.rules, target.rules, where=where)
    if settings.hides_identities:
        gather_errors([partial(_reject_identities, each, where) for each in bound])
    return bound


def disabled_rules(settings: Settings, running: Iterable[BoundRule]) -> tuple[str, ...]:
    """Return the ids of the rules that do not run."""
    rules = all_rules(settings.rule_paths, where=settings.place("rule_paths"))
    return tuple(sorted(rules.keys() - {bound.id for bound in running}))


def rule_errors(document: Document, rules: Mapping[str, LoadedRule]) -> Iterator[str]:
    """Yield a line for each unknown rule, and for each wrong key in a table of a rule.

    The tables of ``document`` need not be valid otherwise.
    """
    for path, tables in _rule_tables(document.tables):
        for rule_id, keys in tables.items():
            if loaded := rules.get(rule_id):
                yield from _key_errors(loaded, keys, document.key(path))
            else:
                yield _unknown(document.key((*path, rule_id)), "rule", rule_id, rules)
    for path, name in _named_rules(document.tables):
        if name not in rules:
            yield _unknown(document.key(path), "rule", name, rules)
    owners = document.tables.get("owners")
    targets = [name for _, name in _texts(document.tables, "target", "name")]
    known = {*rules, *targets, DEFAULT_OWNER}
    for name in owners if isinstance(owners, dict) else ():
        if name not in known:
            yield _unknown(document.key(("owners", name)), "rule or target", name, known)


def _key_errors(loaded: LoadedRule, keys: Mapping[str, Any], where: str) -> tuple[str, ...]:
    """Return a line for each wrong key; one key at a time, as `bind` stops at the first."""
    rule_id = loaded.rule.id
    checks = [
        partial(bind, {rule_id: loaded}, {rule_id: {key: value}}, where=where)
        for key, value in keys.items()
    ]
    try:
        gather_errors([*checks, partial(bind, {rule_id: loaded}, {rule_id: keys}, where=where)])
    except ConfigError as error:
        return error.lines
    return ()


def _unknown(place: str, kind: str, name: str, known: Iterable[str]) -> str:
    suggestion = closest(name, known)
    remedy = f'did you mean "{suggestion}"?' if suggestion else "`auditor rules` lists the rules"
    return f'{place}: no {kind} has the name "{name}" ({remedy})'


def _rule_tables(tables: Mapping[str, Any]) -> Iterator[tuple[KeyPath, Mapping[str, Any]]]:
    defaults, targets = tables.get("defaults"), tables.get("target")
    places: list[tuple[KeyPath, object]] = [(("rules",), tables.get("rules"))]
    if isinstance(defaults, dict):
        places.append((("defaults", "rules"), defaults.get("rules")))
    for number, target in enumerate(targets if isinstance(targets, list) else []):
        if isinstance(target, dict):
            places.append((("target", number, "rules"), target.get("rules")))
    for path, value in places:
        if isinstance(value, dict):
            yield path, {key: keys for key, keys in value.items() if isinstance(keys, dict)}


def _named_rules(tables: Mapping[str, Any]) -> Iterator[tuple[KeyPath, str]]:
    yield from _texts(tables, "waiver", "rule")
    yield from _texts(tables, "attestation", "rule")
    if isinstance(slack := tables.get("slack"), dict):
        for path, name in _texts(slack, "route", "rule"):
            yield ("slack", *path), name


def _texts(tables: Mapping[str, Any], kind: str, key: str) -> Iterator[tuple[KeyPath, str]]:
    entries = tables.get(kind)
    for number, entry in enumerate(entries if isinstance(entries, list) else []):
        if isinstance(entry, dict) and isinstance(name := entry.get(key), str):
            yield (kind, number, key), name


def _reject_identities(bound: BoundRule, where: str) -> None:
    """Refuse names in a rule's parameters, as they match no account where names are hidden."""
    if names := ", ".join(f'"{value}"' for value in bound.params.identity_values):
        msg = (
            f'{where}.{bound.id}: {names}: privacy = "ids" hides names, so this matches no account '
            "(write the ids of the accounts)"
        )
        raise ConfigError(msg)
