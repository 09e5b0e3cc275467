"""A rule: a check, its parameters, and everything that reports say about it. Pure."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any, Generic, TypeVar

from msgspec import Meta, Struct

from auditor.domain.collections import Collection
from auditor.domain.context import RuleContext
from auditor.rule.results import Result
from auditor.rule.severity import Family, Severity


class Params(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of a rule's parameters; a misspelt key in the configuration is an error."""

    @property
    def log_window(self) -> timedelta:
        """How far back the rule has to see the logs."""
        return timedelta()

    @property
    def identity_values(self) -> tuple[str, ...]:
        """What can only match a name, an email or a login, which may be hidden."""
        return ()

    @property
    def allowed_attributes(self) -> frozenset[str] | None:
        """What may be mapped beyond the six; ``None``: it is not this rule's matter."""
        return None


Positive = Annotated[int, Meta(ge=1)]
"""A whole number from one on."""


class NoParams(Params, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The parameters of a rule that has none."""


P = TypeVar("P", bound=Params)
Check = Callable[[RuleContext, P], Iterable[Result]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule(Generic[P]):
    """A check together with everything that reports say about it."""

    id: str
    title: str
    """The promise, in one sentence."""

    rationale: str
    severity: Severity
    family: Family
    guide: str
    """The guide's step: ``Okta 5``."""

    evidence: str
    """What it looks at, and when it cannot tell."""

    remediation: str
    requires: frozenset[Collection[Any]]
    """Without these it can say nothing; the rest it asks for itself."""

    params: type[P]
    resolves_on_success: bool
    enabled: bool
    check: Check[P]


def rule(
    *,
    id: str,  # noqa: A002  (reads best at the top of a rule file)
    severity: Severity,
    family: Family,
    guide: str,
    evidence: str,
    remediation: str,
    needs: Iterable[Collection[Any]] = (),
    params: type[P],
    sticky: bool = False,
    enabled: bool = True,
) -> Callable[[Check[P]], Rule[P]]:
    """Turn a check into a :class:`Rule`; its docstring gives title and rationale."""

    def build(check: Check[P]) -> Rule[P]:
        title, _, rationale = (check.__doc__ or "").strip().partition("\n\n")
        return Rule(
            id=id,
            title=title,
            rationale=" ".join(rationale.split()),
            severity=severity,
            family=family,
            guide=guide,
            evidence=evidence,
            remediation=remediation,
            requires=frozenset(needs),
            params=params,
            resolves_on_success=sticky,
            enabled=enabled,
            check=check,
        )

    return build
