"""The verdict in one sentence, and how complete the look was that it rests on. Pure."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from auditor.engine.audit_history import StoredRun
from auditor.engine.evaluation.verdicts import VerdictStatus
from auditor.engine.views.data_gaps import DataGap
from auditor.engine.views.report_findings import Condition, ReportedFinding
from auditor.engine.views.report_rules import ReportedRule
from auditor.rule.reason_text import reason_text
from auditor.text import count

NAMED = 6
NAMED_REASONS = 2
"""So many of the blind rules, and of their reasons, are named in one line."""


class Tone(StrEnum):
    """How the page should feel."""

    WRONG = "wrong"
    INCOMPLETE = "blind"
    """Nothing is known to be wrong, but not all could be seen: never clean."""

    TO_DO = "to do"
    """Nothing is wrong as far as can be seen; the rest nobody has vouched for."""

    RIGHT = "right"


class Headline(Struct, frozen=True, kw_only=True):
    """What a reader with ten seconds takes away."""

    tone: Tone
    verdict: str
    """One sentence: ``3 things are wrong.``"""

    detail: str
    """The worst of them, or what could not be told; may be empty."""

    worst: str | None = None
    """Id of the worst finding."""

    def __str__(self) -> str:
        """Say it on one line."""
        return f"{self.verdict} {self.detail}".rstrip()


class Completeness(Struct, frozen=True, kw_only=True):
    """How much of what should be looked at was looked at."""

    rules: int
    """How many have to look."""

    evaluated: int
    passed: int
    """Those that looked and found nothing, and those that somebody vouches for."""

    unknown_rules: tuple[str, ...]
    """Rules that could not tell, or not everywhere."""

    reasons: tuple[str, ...]
    """Why, each cause once, the widest first."""

    unattested: tuple[str, ...]
    not_applicable: int
    off: int
    """Rules that are switched off, and not among ``rules``."""

    runs: int
    runs_with_gaps: int
    """Runs of the period in which a rule was blind."""

    @property
    def blindness(self) -> str:
        """Name the blind, and why: ``not-steady (okta.log: forbidden (403) at …)``."""
        rules = _listed(self.unknown_rules, NAMED)
        return f"{rules} ({_listed(self.reasons, NAMED_REASONS)})" if self.reasons else rules

    def __str__(self) -> str:
        """Say it on one line."""
        told = [f"{self.evaluated} of {count(self.rules, 'rule')} could look"]
        if self.unknown_rules:
            told.append(f"{len(self.unknown_rules)} blind: {self.blindness}")
        if self.unattested:
            told.append(f"{len(self.unattested)} not attested")
        if self.not_applicable:
            told.append(f"{self.not_applicable} not applicable")
        if self.off:
            told.append(f"{self.off} switched off")
        told.append(f"{count(self.runs, 'run')}, {self.runs_with_gaps or 'none'} with gaps")
        return "; ".join(told) + "."


def completeness(
    rules: Sequence[ReportedRule],
    runs: Sequence[StoredRun],
    spots: Sequence[DataGap] = (),
    *,
    off: int = 0,
) -> Completeness:
    """Count who could look."""
    blind = [rule for rule in rules if _is_blind(rule)]
    unattested = tuple(rule.id for rule in rules if rule.status is VerdictStatus.NEEDS_ATTESTATION)
    idle = sum(rule.status is VerdictStatus.NOT_APPLICABLE for rule in rules)
    return Completeness(
        rules=len(rules),
        passed=sum(rule.status in {VerdictStatus.PASS, VerdictStatus.ATTESTED} for rule in rules),
        evaluated=len(rules) - len(blind) - len(unattested),
        unknown_rules=tuple(rule.id for rule in blind),
        reasons=tuple(_causes(blind, spots)),
        unattested=unattested,
        not_applicable=idle,
        off=off,
        runs=len(runs),
        runs_with_gaps=sum(bool(run.counts.verdicts.get(VerdictStatus.UNKNOWN)) for run in runs),
    )


def headline(
    findings: Sequence[ReportedFinding],
    seen: Completeness,
    spots: Sequence[DataGap],
    last_run_at: datetime | None,
) -> Headline:
    """Say the worst first; what could not be seen is never called clean."""
    open_ = [finding for finding in findings if finding.is_open]
    if open_:
        return _wrong(open_, seen)
    if because := _blindness(seen, spots, last_run_at):
        verdict, detail = because
        return Headline(tone=Tone.INCOMPLETE, verdict=verdict, detail=detail)
    conditions = Counter(finding.condition for finding in findings)
    waived, pending = conditions[Condition.WAIVED], conditions[Condition.PENDING]
    return _sound(seen, waived=waived, pending=pending)


def _causes(blind: Sequence[ReportedRule], spots: Sequence[DataGap]) -> Iterator[str]:
    """Yield what makes rules blind: what was not seen, and then what else they say."""
    reasons = Counter(each for rule in blind for each in rule.unknown_reasons)
    explaining = [spot for spot in spots if any(map(spot.explains, reasons))]
    yield from map(str, explaining)
    for reason, _ in reasons.most_common():
        if not any(spot.explains(reason) for spot in explaining):
            yield reason_text(reason)


def _blindness(
    seen: Completeness, spots: Sequence[DataGap], last_run_at: datetime | None
) -> tuple[str, str] | None:
    """Tell what stands in the way of a clean bill of health: a sentence, and its detail."""
    if not seen.runs:
        last = f"It was last looked at on {_day(last_run_at)}." if last_run_at else ""
        return "Could not tell: nobody looked in this period.", last
    if seen.unknown_rules:
        rules = count(len(seen.unknown_rules), "rule")
        mend = next((f"{spot}. {spot.remediation}" for spot in spots if spot.rules), "")
        return f"Could not tell: {rules} could not look everywhere.", mend or f"{seen.blindness}."
    return None if seen.evaluated else ("Could not tell: no rule looked.", "")


def _sound(seen: Completeness, *, waived: int, pending: int) -> Headline:
    """Say how well it stands where nothing is open and nobody was blind."""
    asked = seen.evaluated - seen.not_applicable
    accepted = f"{count(waived, 'finding')} accepted for a while." if waived else ""
    within_grace = f"{count(pending, 'finding')} may yet settle." if pending else ""
    rest = " ".join(filter(None, (accepted, within_grace)))
    if seen.unattested:
        waiting = count(len(seen.unattested), "rule")
        verdict = f"{count(seen.passed, 'rule')} passed; for {waiting} nobody has vouched."
        return Headline(tone=Tone.TO_DO, verdict=verdict, detail=rest)
    if pending:
        verdict = "Nothing is wrong for long enough to count."
        return Headline(tone=Tone.TO_DO, verdict=verdict, detail=rest)
    if waived:
        verdict = "Nothing is wrong that nobody has accepted."
        return Headline(tone=Tone.RIGHT, verdict=verdict, detail=rest)
    if seen.passed < asked:
        verdict = f"{seen.passed:,} of {count(asked, 'rule')} passed."
        return Headline(tone=Tone.TO_DO, verdict=verdict, detail="")
    every = "The one rule" if asked == 1 else f"All {asked:,} rules"
    applies = "" if not seen.not_applicable else " that applies" if asked == 1 else " that apply"
    return Headline(tone=Tone.RIGHT, verdict=f"{every}{applies} passed.", detail="")


def _wrong(open_: Sequence[ReportedFinding], seen: Completeness) -> Headline:
    worst = open_[0]
    things = "1 thing is wrong." if len(open_) == 1 else f"{len(open_):,} things are wrong."
    lead = "" if len(open_) == 1 else "The worst: "
    hit = worst.affected_count
    hurts = f"It hurts {count(hit, 'person', 'people')}." if hit else ""
    blind = (
        f"{count(len(seen.unknown_rules), 'rule')} could not look." if seen.unknown_rules else ""
    )
    since = f"Since {_day(worst.since)}{'' if worst.since_is_dated else ' at the latest'}."
    told = (f"{lead}{worst.message or worst.rule}", since, hurts, blind)
    return Headline(
        tone=Tone.WRONG, verdict=things, detail=" ".join(filter(None, told)), worst=worst.id
    )


def _is_blind(rule: ReportedRule) -> bool:
    """Tell whether it is blind, or in breach and blind elsewhere, or was never asked."""
    return rule.status is None or rule.has_unknown


def _listed(names: Sequence[str], most: int) -> str:
    rest = len(names) - most
    return ", ".join(names[:most]) + (f" and {rest:,} more" if rest > 0 else "")


def _day(at: datetime | None) -> str:
    return f"{at:%-d %B %Y}" if at else "an unknown day"
