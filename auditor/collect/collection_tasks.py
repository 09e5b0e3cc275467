"""Collections that are read at the same time. Each can fail without the others."""

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import Any, Generic, TypeVar

from auditor.collect.http import OUT_OF_TIME, ApiClient, HttpResponse
from auditor.collect.http.collect_error import CollectError
from auditor.collect.reader import Reader
from auditor.domain.collections import Collection, MissingData, MissingReason
from auditor.module_log import log_warning

T = TypeVar("T")

Progress = Callable[[str, int], None]
"""Receives the name of a collection and the number of rows read so far. It is called from any
thread, but never by two at the same time."""


class CollectionTask(Generic[T]):
    """A collection that is being read."""

    def __init__(self, future: "Future[T]") -> None:
        self._future = future

    def get(self) -> T:
        """Wait for the collection and return it. Raises the CollectError that ended it."""
        return self._future.result()


class CollectionTasks:
    """Starts to read collections and stores the outcome of each.

    Each has its own thread, so that one can wait for another.
    """

    def __init__(
        self,
        pool: ThreadPoolExecutor,
        progress: Progress | None,
        only: frozenset[str] | None = None,
    ) -> None:
        """``only``: names of the collections to read; ``None``: all that are started."""
        self._pool = pool
        self._only = only
        self._progress = progress
        self._progress_lock = threading.Lock()
        self._pending: dict[str, Future[Any]] = {}
        self.endpoints: dict[str, str] = {}
        """Collection name to method and path of its last request."""

        self.request_ids: dict[str, str] = {}
        """Collection name to the request id of its last answer, where the service sends one."""

    def start(
        self, collection: Collection[T], origin: ApiClient, read: Callable[[Reader], T]
    ) -> CollectionTask[T]:
        """Start to read a collection."""
        reader = self._reader(collection, origin)
        return self.derive(collection, lambda: read(reader))

    def derive(self, collection: Collection[T], make: Callable[[], T]) -> CollectionTask[T]:
        """Start to compute a collection from others."""
        future = self._submit(collection, make)
        self._pending[collection.name] = future
        return CollectionTask(future)

    def prepare(
        self, collection: Collection[Any], origin: ApiClient, read: Callable[[Reader], T]
    ) -> CollectionTask[T]:
        """Start to read the data from which ``collection`` and others are computed."""
        reader = self._reader(collection, origin)
        # It is not added to the pending ones: the collections that are derived from it report its
        # error.
        return CollectionTask(self._submit(collection, lambda: read(reader)))

    def outcome(self, patience: float) -> tuple[dict[str, Any], dict[str, MissingData]]:
        """Wait for all collections. Return those that were read, and the missing data.

        A collection that needs more than ``patience`` seconds is missing, with the reason time-out.
        """
        done, _ = wait(self._pending.values(), patience)
        read: dict[str, Any] = {}
        missing: dict[str, MissingData] = {}
        for name, future in self._pending.items():
            if future not in done:
                missing[name] = MissingData(
                    why=MissingReason.TIMEOUT, endpoint="-", detail=OUT_OF_TIME
                )
                continue
            try:
                read[name] = future.result()
            except CollectError as error:
                missing[name] = error.missing
            except Exception as error:  # noqa: BLE001  (an unexpected body must not end the audit)
                # Only the type is logged: the text of an error can quote the answer.
                log_warning("collection failed", collection=name, fault=type(error).__name__)
                missing[name] = MissingData(
                    why=MissingReason.BAD_PAYLOAD,
                    endpoint=self.endpoints.get(name, "-"),
                    detail=f"it cannot be interpreted ({type(error).__name__})",
                )
        return read, missing

    def _submit(self, collection: Collection[Any], work: Callable[[], T]) -> "Future[T]":
        if self._only is None or collection.name in self._only:
            return self._pool.submit(work)
        # It fails like a collection that cannot be read, so those derived from it are left as well.
        left: Future[T] = Future()
        left.set_exception(CollectError(MissingReason.LEFT_TO_FULL_AUDIT, "-"))
        return left

    def _reader(self, collection: Collection[Any], origin: ApiClient) -> Reader:
        def hear(answer: HttpResponse) -> None:
            self.endpoints[collection.name] = answer.name
            if answer.request_id:
                self.request_ids[collection.name] = answer.request_id

        return Reader(origin, self._row_counter(collection.name), hear)

    def _row_counter(self, name: str) -> Callable[[int], None]:
        count = 0

        def count_rows(rows: int) -> None:
            nonlocal count
            if self._progress is None:
                return
            with self._progress_lock:
                count += rows
                self._progress(name, count)

        return count_rows
