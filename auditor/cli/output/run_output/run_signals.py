"""The metrics and the heartbeat of a run."""

from collections.abc import Iterator
from contextlib import contextmanager

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
    if file or gateway:
        with _errors_printed():
            _emit_metrics(settings, file, gateway, shard, code)
    if settings.heartbeat:
        from auditor.observability import heartbeat

        with _errors_printed():
            heartbeat.ping(settings.heartbeat, good=code in SUCCESSFUL_EXIT_CODES)


def _emit_metrics(
    settings: Settings, file: str, gateway: str | None, shard: str, code: ExitCode
) -> None:
    from auditor.observability.metrics import batch_registry, push_metrics, write_metrics
    from auditor.observability.status import system_status

    registry = batch_registry(system_status(settings), utc_now(), code)
    if file:
        with _errors_printed():
            write_metrics(registry, file)
    if gateway:
        with _errors_printed():
            push_metrics(registry, gateway, shard=shard)


@contextmanager
def _errors_printed() -> Iterator[None]:
    try:
        yield
    except Exception as error:  # noqa: BLE001  (the audit is recorded, and its exit code stands)
        print_error(describe_error(error))
