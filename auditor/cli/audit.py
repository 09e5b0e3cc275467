"""``auditor run``: audit the targets, remember and tell what changed."""

import argparse
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec

from auditor import __version__
from auditor.cli import complain
from auditor.cli.console import tell
from auditor.cli.exit_code import ExitCode, exit_codes, worst
from auditor.cli.options import add_config, rules_of, settings_of
from auditor.cli.page import Page, moment
from auditor.cli.progress import progress
from auditor.config.settings import Settings, TargetSettings
from auditor.errors import AuditorError, ConfigError
from auditor.judge.summary import Summary, TargetSummary, summarize
from auditor.rule import Severity
from auditor.run import Outcome, replay, rules_for, run
from auditor.world import snapshot_file


def describe(parser: argparse.ArgumentParser) -> None:
    """Say what the command takes."""
    parser.description = (
        "Audit the targets: read Okta and Unleash, judge, remember, and tell what changed."
    )
    parser.epilog = """\
examples:
  auditor run                                  all targets of auditor.toml
  auditor run -t production --fail-on medium   one target, stricter
  auditor run --format json | jq .counts       for scripts; `auditor config schema run`
  auditor run --save-snapshot today.json       keep what was seen (names included)
  auditor run --snapshot today.json            judge it again; remembers and tells nothing

exit codes: see `auditor --help`
"""
    add_config(parser)
    parser.add_argument(
        "-t", "--target", action="append", metavar="NAME", help="only this target; may be repeated"
    )
    parser.add_argument(
        "--fail-on",
        choices=list(Severity),
        metavar="SEVERITY",
        help="least severity that gives exit 1 or 3: low, medium, high or critical"
        " (default: fail_on of the configuration, else high)",
    )
    parser.add_argument(
        "--exit-zero", action="store_true", help="exit 0 instead of 1; 2, 3 and 4 stay"
    )
    parser.add_argument("--format", choices=("text", "json"), default="text", help="what to print")
    parser.add_argument(
        "--save-snapshot",
        type=Path,
        metavar="PATH",
        help="keep what was seen in a file, or with several targets in a directory",
    )
    parser.add_argument(
        "--snapshot", type=Path, metavar="FILE", help="judge a saved snapshot instead of looking"
    )
    parser.add_argument(
        "--lock-timeout",
        type=_seconds,
        default=timedelta(minutes=1),
        metavar="SECONDS",
        help="how long to wait for another run of the same target (default: 60)",
    )
    parser.set_defaults(run=_run)


@dataclass(frozen=True, slots=True)
class _Audit:
    """One target and what became of it."""

    target: str
    outcome: Outcome | None = None
    error: str = ""

    def codes(self, fail_on: Severity) -> frozenset[ExitCode]:
        if self.outcome is None:
            return frozenset({ExitCode.UNUSABLE})
        delivered = self.outcome.delivered
        return exit_codes(
            self.outcome.evaluated,
            self.outcome.delta,
            delivered=delivered is None or delivered.complete,
            fail_on=fail_on,
        )

    def summary(self) -> TargetSummary:
        if self.outcome is None:
            return TargetSummary(target=self.target, error=self.error)
        outcome = self.outcome
        return summarize(outcome.target, outcome.at, outcome.delta, outcome.changes)


def _run(arguments: argparse.Namespace) -> int:
    settings = settings_of(arguments)
    rules = rules_of(settings)
    fail_on = Severity(arguments.fail_on or settings.fail_on)
    titles = {rule_id: loaded.rule.title for rule_id, loaded in rules.items()}
    audits: list[_Audit] = []
    for audit in _audits(settings, arguments):
        audits.append(audit)
        if arguments.format == "text" and audit.outcome:
            show(audit.outcome, titles)
    codes = frozenset[ExitCode]().union(*(audit.codes(fail_on) for audit in audits))
    code = worst(codes, exit_zero=arguments.exit_zero)
    if arguments.format == "json":
        summary = Summary(
            auditor=__version__,
            exit_code=code,
            fail_on=fail_on,
            targets=tuple(audit.summary() for audit in audits),
        )
        print(msgspec.json.format(msgspec.json.encode(summary)).decode())
    return code


def show(outcome: Outcome, titles: dict[str, str]) -> None:
    """Write one target's outcome for a person."""
    page = Page()
    target = outcome.snapshot.target
    page.ends([(outcome.target, "bold")], moment(outcome.at))
    page.whole(f"{target.org_url} {target.app_id} → {target.unleash_url}")
    page.gap()
    tell(page, outcome.evaluated, outcome.delta, outcome.changes, titles)
    page.gap()


def _audits(settings: Settings, arguments: argparse.Namespace) -> Iterator[_Audit]:
    """Audit one target after the other; what befalls one does not hurt the next."""
    if arguments.snapshot:
        snapshot = snapshot_file.load(arguments.snapshot)
        target = settings.target(snapshot.target.name)
        yield _Audit(target.name, replay(settings, target, snapshot))
        return
    names = arguments.target or [each.name for each in settings.targets]
    targets = [settings.target(name) for name in names]
    place: Path | None = arguments.save_snapshot
    if place and len(targets) > 1 and not place.is_dir():
        msg = f"--save-snapshot {place}: there are several targets; name a directory"
        raise ConfigError(msg)
    for target in targets:
        rules_for(settings, target)
    for target in targets:
        try:
            outcome = _audit(settings, target, arguments)
        except AuditorError as error:
            complain(f"{target.name}: {error}")
            yield _Audit(target.name, error=str(error))
        else:
            yield _Audit(target.name, outcome)


def _audit(settings: Settings, target: TargetSettings, arguments: argparse.Namespace) -> Outcome:
    place: Path | None = arguments.save_snapshot
    with progress(f"Looking at {target.name}") as report:
        outcome = run(settings, target, _now, progress=report, lock_timeout=arguments.lock_timeout)
    if place:
        path = place / f"{target.name}.json" if place.is_dir() else place
        snapshot_file.save(outcome.snapshot, path)
        print(f"snapshot: {path}", file=sys.stderr)
    return outcome


def _now() -> datetime:
    return datetime.now(UTC)


def _seconds(text: str) -> timedelta:
    seconds = float(text)
    if not 0 <= seconds <= timedelta(days=1).total_seconds():
        raise ValueError
    return timedelta(seconds=seconds)
