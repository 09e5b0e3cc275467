"""From the outbox to the channels: each thing told once, in order, or kept for later."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any, Protocol, TypeVar

import msgspec
from msgspec import Struct

from auditor.decoding import convert
from auditor.deliver.channel import Channel, Fate, Letter, Part, Receipt, Untold
from auditor.errors import AuditorError
from auditor.judge.announcement import Announcement

BATCH = 50
HOLD = timedelta(minutes=10)
"""How long a batch may take; what is longer is in doubt."""

_PATIENCE = (
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=15),
    timedelta(hours=1),
)
"""Pauses after the first failures; the last one repeats."""


class Item(Protocol):
    """A row of the outbox."""

    @property
    def id(self) -> int:
        """Rises with time."""

    @property
    def target(self) -> str:
        """Whom it is about."""

    @property
    def channel(self) -> str:
        """Where it is to be told."""

    @property
    def key(self) -> str:
        """Names it for ever."""

    @property
    def payload(self) -> Any:  # noqa: ANN401  (as it was kept)
        """An announcement, as plain dicts and lists."""

    @property
    def created_at(self) -> datetime:
        """When it was put there."""

    @property
    def attempts(self) -> int:
        """With the present one."""

    @property
    def in_doubt(self) -> bool:
        """It may have been told already."""


I = TypeVar("I", bound=Item)  # noqa: E741  (the one kind of item that a store has)


class Outbox(Protocol[I]):
    """What is asked of a store."""

    def claim(
        self, limit: int, *, at: datetime, target: str | None, hold: timedelta
    ) -> tuple[I, ...]:
        """Take what is due, so that nobody else does."""

    def delivered(self, item: I, receipt: Receipt, *, at: datetime) -> None:
        """Say that it was told."""

    def failed(
        self, item: I, error: str, *, at: datetime, retry_at: datetime, in_doubt: bool
    ) -> None:
        """Say that it was not told now."""

    def give_up(self, item: I, error: str, *, at: datetime) -> None:
        """Say that it will never be told."""


class Delivered(Struct, frozen=True, kw_only=True):
    """What became of what was due."""

    told: int = 0
    waiting: int = 0
    """Kept for another attempt."""

    given_up: int = 0
    errors: tuple[str, ...] = ()
    """Why, each once."""

    @property
    def complete(self) -> bool:
        """Tell whether everything that was due was told."""
        return not (self.waiting or self.given_up)


def drain(
    outbox: Outbox[I],
    open_channel: Callable[[str], Channel],
    now: Callable[[], datetime],
    *,
    target: str | None = None,
) -> Delivered:
    """Tell all that is due; what fails is kept and counted, never raised.

    ``open_channel`` is asked by name when there is something to tell; it may raise an
    :class:`~auditor.errors.AuditorError`.
    """
    counts = Counter[str]()
    errors: dict[str, None] = {}
    shut: dict[str, Untold] = {}
    while items := outbox.claim(BATCH, at=now(), target=target, hold=HOLD):
        for name, batch in _letters(items):
            try:
                if name in shut:
                    raise shut[name]
                receipt = _tell(open_channel, name, batch)
            except Untold as failure:
                errors[str(failure)] = None
                counts[_put_back(outbox, batch, failure, now())] += len(batch)
                if failure.fate is Fate.MEND:
                    shut[name] = failure
            else:
                for item in batch:
                    outbox.delivered(item, receipt, at=now())
                counts["told"] += len(batch)
    return Delivered(**counts, errors=tuple(errors))


def _letters(items: Iterable[I]) -> Iterator[tuple[str, list[I]]]:
    """Put together what is about one thread; with it, the name of the channel."""
    letters: dict[tuple[str, ...], list[I]] = {}
    for item in items:
        thread = item.payload.get("thread", item.key)
        letters.setdefault((item.channel, item.target, thread), []).append(item)
    for (name, *_), batch in letters.items():
        yield name, batch


def _tell(open_channel: Callable[[str], Channel], name: str, batch: Iterable[Item]) -> Receipt:
    try:
        parts = tuple(_part(item) for item in batch)
    except msgspec.ValidationError as error:
        msg = f"{name}: what another version of the auditor left to tell cannot be read"
        raise Untold(msg, Fate.NEVER) from error
    try:
        return open_channel(name).tell(Letter(parts=parts))
    except Untold:
        raise
    except AuditorError as error:
        raise Untold(str(error), Fate.MEND) from error
    except Exception as error:  # whatever an odd answer breaks, the audit itself stands
        msg = f"{name}: telling broke over it: {type(error).__name__}"
        raise Untold(msg, Fate.LATER, in_doubt=True) from error


def _part(item: Item) -> Part:
    return Part(
        id=item.id,
        key=f"{item.target}/{item.key}",
        created_at=item.created_at,
        in_doubt=item.in_doubt,
        announcement=convert(item.payload, Announcement),
    )


def _put_back(outbox: Outbox[I], batch: Iterable[I], failure: Untold, at: datetime) -> str:
    if failure.fate is Fate.NEVER:
        for item in batch:
            outbox.give_up(item, str(failure), at=at)
        return "given_up"
    for item in batch:
        pause = _PATIENCE[min(item.attempts, len(_PATIENCE)) - 1]
        wait = _PATIENCE[0] if failure.fate is Fate.MEND else max(pause, failure.wait or pause)
        outbox.failed(item, str(failure), at=at, retry_at=at + wait, in_doubt=failure.in_doubt)
    return "waiting"
