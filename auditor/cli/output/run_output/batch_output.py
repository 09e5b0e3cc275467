"""The results of a batch as text, JSON or log lines."""

from collections.abc import Mapping

from auditor import __version__
from auditor.cli.output.data_output import print_json
from auditor.cli.output.exit_code import ExitCode
from auditor.cli.output.run_output import run_result
from auditor.cli.output.run_output.run_details import print_details
from auditor.cli.output.run_output.run_view import RunView, run_view
from auditor.cli.output.stderr import describe_error, log_event, print_error, print_progress
from auditor.config.settings import Settings
from auditor.engine.views.audit_summary import (
    DeliverySummary,
    Summary,
    TargetSummary,
    summarize,
)
from auditor.pipeline.batch import TargetResult
from auditor.rule.loader import LoadedRule
from auditor.rule.severity import Severity

Codes = Mapping[str, frozenset[ExitCode]]


def print_problems(result: TargetResult) -> None:
    """Report on stderr why a target was not audited, or what is pending after its audit."""
    if result.outcome is None:
        if result.skipped:
            print_progress(f"{result.target}: skipped, {result.error}")
        elif result.error:
            print_error(f"{result.target}: {describe_error(result.error)}")
        return
    for error in result.outcome.delivered.errors if result.outcome.delivered else ():
        print_error(f"{result.target}: not delivered: {error}")
    for error in result.outcome.not_exported:
        print_error(f"{result.target}: not exported: {error}")


class TextOutput:
    """Prints the result of one target in full, of several targets as a table."""

    def __init__(
        self, settings: Settings, rules: Mapping[str, LoadedRule], fail_on: Severity, detail: str
    ) -> None:
        """``detail`` is ``quiet``, ``normal`` or ``verbose``."""
        self._settings = settings
        self._titles = {id_: each.rule.title for id_, each in rules.items()}
        self._remediations = {id_: each.rule.remediation for id_, each in rules.items()}
        self._fail_on = fail_on
        self._detail = detail
        self._views: list[RunView] = []

    def add(self, result: TargetResult) -> None:
        """Store the result of one target. Quiet and verbose output is printed at once."""
        print_problems(result)
        if result.skipped:
            return
        view = run_view(result, self._remediations)
        self._views.append(view)
        if self._detail == "quiet":
            run_result.print_quiet(view)
        elif self._detail == "verbose" and result.outcome:
            run_result.print_target(view, self._settings)
            print_details(result.outcome, self._titles)

    def finish(self, code: ExitCode, codes: Codes) -> None:
        """Print the results that :meth:`add` stored, and the exit code with its reason."""
        if self._detail == "quiet" or not self._views:
            return
        # Only at the end is it known whether there is one target or a table of several.
        if self._detail == "normal":
            if len(self._views) == 1:
                run_result.print_target(self._views[0], self._settings)
            else:
                run_result.print_batch(self._views)
        elif len(self._views) > 1:
            run_result.print_batch(self._views)
        run_result.print_next(self._views)
        run_result.print_exit(code, codes, self._fail_on)


class JsonOutput:
    """Prints one JSON document."""

    def __init__(self, settings: Settings, fail_on: Severity) -> None:
        self._settings = settings
        self._fail_on = fail_on
        self._targets: dict[str, TargetSummary] = {}

    def add(self, result: TargetResult) -> None:
        """Store the result of one target."""
        print_problems(result)
        self._targets[result.target] = _summary_of(result)

    def finish(self, code: ExitCode, codes: Codes) -> None:  # noqa: ARG002  (of every output)
        """Print the document, with the targets in the order of the configuration."""
        # Audits end in any order.
        names = [each.name for each in self._settings.targets if each.name in self._targets]
        print_json(
            Summary(
                auditor=__version__,
                exit_code=code,
                fail_on=self._fail_on,
                targets=tuple(self._targets[name] for name in names),
            )
        )


class LogOutput:
    """Writes one event for each target, and one for the batch."""

    def add(self, result: TargetResult) -> None:
        """Write the event of one target."""
        if result.outcome:
            log_event("audited", **result.outcome.log_fields)
        print_problems(result)

    def finish(self, code: ExitCode, codes: Codes) -> None:
        """Write the last line."""
        log_event("audit.finished", exit_code=code.value, targets=len(codes))


def _summary_of(result: TargetResult) -> TargetSummary:
    if result.outcome is None:
        error = describe_error(result.error) if result.error else None
        return TargetSummary(target=result.target, error=error)
    outcome, delivered = result.outcome, result.outcome.delivered
    return summarize(
        outcome.target,
        outcome.at,
        outcome.reconciled,
        outcome.changes,
        DeliverySummary(
            delivered=delivered.delivered,
            waiting=delivered.waiting,
            failed=delivered.failed,
            errors=delivered.errors,
        )
        if delivered
        else None,
        not_exported=outcome.not_exported,
        causes=outcome.causes,
    )
