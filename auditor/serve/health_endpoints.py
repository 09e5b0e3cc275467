"""The listener for probes and scraping: no personal data, and nothing that changes anything."""

from collections.abc import Callable, Iterator

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from auditor.clock import Clock
from auditor.config.settings import Settings
from auditor.errors import AuditorError
from auditor.observability.metrics import JobCounter, StatusCollector
from auditor.observability.status import system_status

UNAVAILABLE = 503


def operations_app(
    settings: Callable[[], Settings], now: Clock, attempts: JobCounter, *, begun: Callable[[], bool]
) -> Starlette:
    """Answer /healthz, /readyz and /metrics; ``begun`` tells whether the schedule runs."""

    def healthy(_: Request) -> Response:
        return PlainTextResponse("ok\n")

    def ready(_: Request) -> Response:
        because = list(_troubles())
        code = UNAVAILABLE if because else 200
        return JSONResponse({"ready": not because, "because": because}, code)

    def metrics(_: Request) -> Response:
        registry = CollectorRegistry()
        try:
            registry.register(StatusCollector(system_status(settings(), must_exist=True), now()))
        except AuditorError:
            return PlainTextResponse("the store cannot be read\n", UNAVAILABLE)
        text = generate_latest(registry) + generate_latest(attempts.registry)
        return Response(text, media_type=CONTENT_TYPE_LATEST)

    def _troubles() -> Iterator[str]:
        try:
            stand = system_status(settings(), must_exist=True)
        except AuditorError:
            yield "the store cannot be read"
            return
        if not begun():
            yield "the schedule does not run yet"
        yield from stand.stale(now(), settings().alerts.stale_after)

    return Starlette(
        routes=[
            Route("/healthz", healthy),
            Route("/readyz", ready),
            Route("/metrics", metrics),
        ]
    )
