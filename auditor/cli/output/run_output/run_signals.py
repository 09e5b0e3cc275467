"""The metrics and the heartbeat of a run."""

from collections.abc import Callable, Iterator
from functools import cache, partial

from auditor.cli.output.exit_code import ExitCode
from auditor.cli.output.stderr import describe_error, print_error
from auditor.clock import utc_now
from auditor.config.settings import Settings

SUCCESSFUL_EXIT_CODES = frozenset({ExitCode.OK, ExitCode.FINDINGS, ExitCode.NOT_EVALUATED})
"""Exit codes for which every target was audited and every message was delivered. Findings are a
result, not a failure."""


def emit_signals(
    settings: Settings,
    *,
    textfile: str | None,
    push: str | None,
    shard: str,
    code: ExitCode,
) -> None:
    """Write and push the metrics and send the heartbeat. An error in one affects no other.

    ``textfile`` and ``push`` replace the places that the configuration names. ``shard`` names the
    part of the targets: "1-of-1".
    """
    file = textfile or str(settings.metrics.textfile or "")
    gateway = push or settings.metrics.push
    for emit in _signals(settings, file, gateway, shard, code):
        try:
            emit()
        except Exception as error:  # noqa: BLE001  (the audit is recorded, and its exit code stands)
            print_error(describe_error(error))


def _signals(
    settings: Settings, textfile: str | None, push: str | None, shard: str, code: ExitCode
) -> Iterator[Callable[[], None]]:
    if not (textfile or push or settings.heartbeat):
        return
    from auditor.observability import heartbeat

    if textfile or push:
        from auditor.observability.metrics import batch_registry, push_metrics, write_metrics
        from auditor.observability.status import system_status

        # Computed once, by the first output that needs it, so that an error is reported for this
        # output.
        registry = cache(lambda: batch_registry(system_status(settings), utc_now(), code))
        if textfile:
            yield lambda: write_metrics(registry(), textfile)
        if push:
            yield lambda: push_metrics(registry(), push, shard=shard)
    if settings.heartbeat:
        yield partial(heartbeat.ping, settings.heartbeat, good=code in SUCCESSFUL_EXIT_CODES)
