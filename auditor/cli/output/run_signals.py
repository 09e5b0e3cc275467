"""What a round shows to those who watch it: metrics, and a ping that it took place."""

import argparse
import os
from collections.abc import Callable, Iterator
from functools import cache, partial

from auditor.cli.output.exit_code import ExitCode
from auditor.cli.output.stderr import explain, print_error
from auditor.clock import utc_now
from auditor.config.settings import Settings
from auditor.observability.metrics import batch_registry, push_metrics, write_metrics
from auditor.pipeline.batch import shard_of

WELL = frozenset({ExitCode.OK, ExitCode.FINDINGS, ExitCode.NOT_EVALUATED})
"""Every target was audited and all was told: that something was found is an answer."""


def add_metrics(parser: argparse.ArgumentParser) -> None:
    """Let it be said where the metrics go."""
    parser.add_argument(
        "--metrics-textfile",
        metavar="FILE",
        help="write metrics for the node exporter (default: metrics.textfile)",
    )
    parser.add_argument(
        "--metrics-push",
        metavar="URL",
        help="add metrics to a Pushgateway (default: metrics.push)",
    )


def emit_signals(settings: Settings, arguments: argparse.Namespace, code: ExitCode) -> None:
    """Leave them all; one that cannot be left is complained of and hurts no other."""
    for leave in _signs(settings, arguments, code):
        try:
            leave()
        except Exception as error:  # noqa: BLE001  (the round is over, and its exit code stands)
            print_error(explain(error, debug=arguments.debug))


def _signs(
    settings: Settings, arguments: argparse.Namespace, code: ExitCode
) -> Iterator[Callable[[], None]]:
    textfile = arguments.metrics_textfile or str(settings.metrics.textfile or "")
    push = arguments.metrics_push or settings.metrics.push
    if textfile or push or settings.heartbeat:
        from auditor.observability import heartbeat
        from auditor.observability.status import system_status
    registry = cache(lambda: batch_registry(system_status(settings), utc_now(), code))
    if textfile:
        yield lambda: write_metrics(registry(), textfile)
    if push:
        part = arguments.shard or shard_of(os.environ)
        shard = f"{part.number}-of-{part.of}" if part else "1-of-1"
        yield lambda: push_metrics(registry(), push, shard=shard)
    if settings.heartbeat:
        yield partial(heartbeat.ping, settings.heartbeat, good=code in WELL)
