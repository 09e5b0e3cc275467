"""A client of one side of a target: it keeps to rate limits and repeats failed requests."""

import random
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import Self, TypeVar

import httpx

from auditor.collect.http.collect_error import CollectError, TransientError
from auditor.collect.http.endpoint import Endpoint
from auditor.collect.http.error_response import require_json
from auditor.collect.http.limits import Deadline, Limits
from auditor.collect.http.rate_limit import budget_of
from auditor.collect.http.transport import HttpResponse, Transport
from auditor.domain.collections import MissingReason
from auditor.domain.snapshot import RateLimit

T = TypeVar("T")
R = TypeVar("R")

ResponseReader = Callable[[HttpResponse], None]
"""Receives each answer, also an error."""

SignIn = Callable[[Transport], httpx.Auth]
"""Builds the authentication. If needed, it requests an access token over the transport."""


class ApiClient:
    """An Okta org or an Unleash instance. Safe to share between threads."""

    def __init__(
        self, base_url: str, sign_in: SignIn, *, limits: Limits, deadline: Deadline
    ) -> None:
        self.limits = limits
        self.deadline = deadline
        self._budget = budget_of(base_url, limits)
        self._open = ExitStack()
        self._wire = self._open.enter_context(Transport(base_url, limits, deadline))
        self._auth = sign_in(self._wire)
        # A pool of its own: a thread that reads a collection waits for these threads, and would
        # hold a place in a shared pool. On exit, these threads end before the connections close.
        self._helpers = self._open.enter_context(ThreadPoolExecutor(limits.connections))
        self._counting = threading.Lock()
        self._tightest: dict[str, RateLimit] = {}
        self.requests = 0
        """Number of requests sent so far, repeated ones included."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    @property
    def rate_limits(self) -> tuple[RateLimit, ...]:
        """The lowest rest of each rate limit during this audit, by name; empty: no answer had one.

        Other clients of the org use the same limits.
        """
        with self._counting:
            return tuple(each for _, each in sorted(self._tightest.items()))

    def hang_up(self) -> None:
        """Close all connections, also those from which another thread still reads."""
        self._wire.close()

    def get(
        self, endpoint: Endpoint, *ids: str, hear: ResponseReader = lambda _: None, **params: str
    ) -> HttpResponse:
        """Return an answer with status 200 in JSON, after retries. Raises CollectError."""
        path = endpoint.fill(*ids)
        failures = 0
        while True:
            try:
                return self._ask(endpoint, path, params, hear)
            except TransientError as failure:
                failures += 1
                if failures >= self.limits.attempts or not self._waits(failure.pause, failures):
                    raise

    def count_request(self) -> None:
        """Count a request that is about to be sent to this side."""
        with self._counting:
            self.requests += 1

    def each(self, function: Callable[[T], R], items: Iterable[T]) -> list[R]:
        """Call a function for each item, several at the same time. It sends one request."""
        return list(self._helpers.map(function, items))

    def _ask(
        self, endpoint: Endpoint, path: str, params: dict[str, str], hear: ResponseReader
    ) -> HttpResponse:
        # Again after each wait: other threads use the new window too.
        while pause := self._budget.spend(endpoint.bucket):
            if not (self.limits.waits_for_share and self.deadline.sleep(pause)):
                words = "our share of the rate limit is spent for longer than the audit lasts"
                raise CollectError(MissingReason.RATE_LIMITED, f"GET {path}", words)
        # Counted before it is sent: a request without an answer counts too.
        self.count_request()
        answer = self._wire.get(path, params, auth=self._auth, cap=endpoint.cap)
        # Before the status is checked: a refusal also has a request id, and a 429 has a rate limit.
        hear(answer)
        if stated := self._budget.learn(endpoint.bucket, answer.headers):
            with self._counting:
                before = self._tightest.get(stated.bucket, stated)
                self._tightest[stated.bucket] = min(before, stated, key=lambda one: one.remaining)
        require_json(answer)
        return answer

    def _waits(self, asked: float, failures: int) -> bool:
        """Wait before the next attempt. Return whether enough time is left for it."""
        backoff = self.limits.backoff * 2 ** (failures - 1)
        jitter = random.uniform(0.5, 1.5)  # noqa: S311  (spreads load, protects nothing)
        # The pause is never shorter than the answer requests. It is random, so that threads that
        # waited for one window do not continue at the same moment.
        pause = max(asked + backoff * (jitter - 0.5), backoff * jitter)
        return asked <= self.limits.patience and self.deadline.sleep(pause)
