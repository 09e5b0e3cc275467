"""The rules that run on a target, from the configuration."""

from collections.abc import Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING

from auditor.errors import ConfigError, gather_errors
from auditor.resources import shipped
from auditor.rule.binding import BoundRule, bind
from auditor.rule.loader import load_rules

if TYPE_CHECKING:
    from auditor.config.settings import Settings, TargetSettings


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
        gather_errors([partial(_reject_names, each, file) for each in bound])
    return bound


def disabled_rules(settings: "Settings", running: Iterable[BoundRule]) -> tuple[str, ...]:
    """Name the rules that there are and that do not run."""
    rules = load_rules((shipped("rules"), *settings.rule_paths))
    return tuple(sorted(rules.keys() - {bound.id for bound in running}))


def _reject_names(bound: BoundRule, where: str) -> None:
    """Refuse what could silently match nobody."""
    if names := ", ".join(map(repr, bound.params.identity_values)):
        msg = (
            f'{where}: rules.{bound.id}: {names}: matches nobody where privacy = "ids" hides '
            "names (write the accounts' ids)"
        )
        raise ConfigError(msg)
