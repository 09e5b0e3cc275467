"""The operations endpoints: health, readiness and metrics. They contain no personal data."""

from collections.abc import Callable, Iterator

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
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
    """Return the app of /healthz, /readyz and /metrics; ``begun``: whether the scheduler runs."""

    async def healthy(_: Request) -> Response:
        return PlainTextResponse("ok\n")

    async def ready(_: Request) -> Response:
        # In another thread, so that /healthz answers while the database does not.
        reasons = await run_in_threadpool(lambda: list(_reasons()))
        code = UNAVAILABLE if reasons else 200
        return JSONResponse({"ready": not reasons, "reasons": reasons}, code)

    async def metrics(_: Request) -> Response:
        return await run_in_threadpool(_metrics)

    def _metrics() -> Response:
        # One for each answer, because a registry keeps its collectors.
        registry = CollectorRegistry()
        try:
            registry.register(StatusCollector(system_status(settings(), must_exist=True), now()))
        except AuditorError:
            return PlainTextResponse("the store cannot be read\n", UNAVAILABLE)
        text = generate_latest(registry) + generate_latest(attempts.registry)
        return Response(text, media_type=CONTENT_TYPE_LATEST)

    def _reasons() -> Iterator[str]:
        try:
            status = system_status(settings(), must_exist=True)
        except AuditorError:
            yield "the store cannot be read"
            return
        if not begun():
            yield "the scheduler does not run yet"
        yield from status.stale(now(), settings().alerts.stale_after)

    return Starlette(
        routes=[
            Route("/healthz", healthy),
            Route("/readyz", ready),
            Route("/metrics", metrics),
        ]
    )
