"""Words that a shell completes: targets, rule ids and finding ids. Errors give no words."""

import os
from collections.abc import Callable, Iterable
from functools import wraps
from pathlib import Path
from typing import Any

import click

Completer = Callable[[click.Context, click.Parameter, str], list[str]]

_MAX_FINDINGS = 50
"""The most finding ids that a shell lists."""


def _completer(words: Callable[[Path], Iterable[str]]) -> Completer:
    """Complete from ``words``, which is called with the path of the configuration."""

    @wraps(words)
    def complete(ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[str]:
        config = ctx.params.get("config") or os.environ.get("AUDITOR_CONFIG") or "auditor.toml"
        try:
            return [word for word in words(Path(config)) if word.startswith(incomplete)]
        except Exception:  # noqa: BLE001  (a shell shows errors in the middle of the command line)
            return []

    return complete


@_completer
def complete_targets(config: Path) -> Iterable[str]:
    """List the names of the configured targets."""
    return [each["name"] for each in _tables(config)["target"]]


@_completer
def complete_rules(config: Path) -> Iterable[str]:
    """List the ids of the built-in rules and of those in ``rule_paths``."""
    from auditor.resources import shipped
    from auditor.rule.loader import load_rules

    own = [config.parent / each for each in _tables(config).get("rule_paths", ())]
    return load_rules([shipped("rules"), *own])


@_completer
def complete_findings(config: Path) -> Iterable[str]:
    """List the ids of open findings."""
    from auditor.config.loading import load_settings
    from auditor.engine.findings.tracked_findings import State
    from auditor.store import open_store

    settings = load_settings(config, os.environ)
    with open_store(settings.store.database_url().reveal(), create=False) as store:
        found = [
            each.id
            for target in store.history.targets()
            for each in store.history.findings(target, State.OPEN)
        ]
    return found[:_MAX_FINDINGS]


def _tables(config: Path) -> dict[str, Any]:
    import tomllib

    from auditor.files import read_regular_file

    try:
        return tomllib.loads(read_regular_file(config).decode())
    # Without a configuration, the built-in rules can be completed all the same.
    except OSError:
        return {}
