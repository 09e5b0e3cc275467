"""The definition of a rule: its check, its parameters and its texts. Pure."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any, Generic, TypeVar

import msgspec
from msgspec import Meta, Struct

from auditor.domain.collections import Collection
from auditor.domain.context import RuleContext
from auditor.rule.results import Result
from auditor.rule.severity import Family, Severity


class Params(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of a rule's parameters; a misspelt key in the configuration is an error."""

    @property
    def log_window(self) -> timedelta:
        """How far back the rule needs the logs."""
        return timedelta()

    @property
    def reads_all_members(self) -> bool:
        """Whether the rule needs the members of pushed groups without a root role in Unleash."""
        return False

    @property
    def identity_values(self) -> tuple[str, ...]:
        """Values that match only names, emails or logins, which ``privacy = "ids"`` hides."""
        return ()

    @property
    def allowed_attributes(self) -> frozenset[str] | None:
        """Attributes allowed beyond the six; ``None``: this rule does not decide it."""
        return None


Positive = Annotated[int, Meta(ge=1)]
"""A whole number of at least 1."""


class NoParams(Params, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The parameters of a rule without parameters."""


class Parameter(Struct, frozen=True, kw_only=True):
    """One key of a rule's table in the configuration."""

    name: str
    default: str
    """The default in the form of TOML; ``…``: there is none."""

    text: str = ""
    """What it means: the docstring beneath the field."""


def own_parameters(params: type[Params]) -> tuple[Parameter, ...]:
    """Return a rule's own parameters, in the order of its file, without their texts."""
    return tuple(
        Parameter(name=field.encode_name, default=_toml(field))
        for field in msgspec.structs.fields(params)
    )


def _toml(field: msgspec.structs.FieldInfo) -> str:
    if field.required:
        return "…"
    factory = field.default_factory
    value = field.default if factory is msgspec.NODEFAULT else factory()
    # A set has no order, but the generated documents must not change.
    return msgspec.json.encode(value, order="sorted").decode()


P = TypeVar("P", bound=Params)
Check = Callable[[RuleContext, P], Iterable[Result]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule(Generic[P]):
    """A check with its parameters and its texts."""

    id: str
    title: str
    """The requirement title, without a full stop."""

    problem: str
    """The title that is shown when the rule fails."""

    problems: Mapping[str, str]
    """Problem titles by kind: the kind, the subject or the attribute of a violation."""

    many: Mapping[str, str]
    """The message for several findings, with ``{n}``, by kind; ``""``: a rule without kinds."""

    rationale: str
    """Why it matters."""

    severity: Severity
    family: Family
    guide: str
    """The step of the guide: ``Okta 5``."""

    evidence: str
    """What the check reads, and when it is not evaluated."""

    remediation: str
    requires: frozenset[Collection[Any]]
    """Collections without which the whole rule is unknown."""

    may_read: frozenset[Collection[Any]]
    """Other collections that the check can read. Without one, it can decide less."""

    counts_from: frozenset[Collection[Any]]
    """Collections that only count the affected users and weigh the severity.

    Without them a violation still stands, and a pass does not need them.
    """

    params: type[P]
    resolves_on_success: bool
    """An event rule: a finding is resolved only by :class:`~auditor.rule.results.Cleared`."""

    enabled: bool
    check: Check[P]

    @property
    def reads(self) -> frozenset[Collection[Any]]:
        """All collections that the check can read."""
        return self.requires | self.may_read | self.counts_from


def rule(
    *,
    id: str,  # noqa: A002  (reads best at the top of a rule file)
    severity: Severity,
    family: Family,
    guide: str,
    problem: str = "",
    problems: Mapping[str, str] | None = None,
    many: Mapping[str, str] | None = None,
    evidence: str,
    remediation: str,
    requires: Iterable[Collection[Any]] = (),
    may_read: Iterable[Collection[Any]] = (),
    counts_from: Iterable[Collection[Any]] = (),
    params: type[P],
    resolves_on_success: bool = False,
    enabled: bool = True,
) -> Callable[[Check[P]], Rule[P]]:
    """Make a check a :class:`Rule`; its docstring holds the requirement and why it matters."""

    def build(check: Check[P]) -> Rule[P]:
        title, _, rationale = (check.__doc__ or "").strip().partition("\n\n")
        return Rule(
            id=id,
            title=title.strip().removesuffix("."),
            problem=problem or title.strip().removesuffix("."),
            problems=dict(problems or {}),
            many=dict(many or {}),
            rationale=" ".join(rationale.split()),
            severity=severity,
            family=family,
            guide=guide,
            evidence=evidence,
            remediation=remediation,
            requires=frozenset(requires),
            may_read=frozenset(may_read),
            counts_from=frozenset(counts_from),
            params=params,
            resolves_on_success=resolves_on_success,
            enabled=enabled,
            check=check,
        )

    return build
