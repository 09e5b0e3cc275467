"""From the outbox to the channels: each thing told once, in order, or kept for later."""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any, Protocol, TypeVar

import msgspec
from msgspec import Struct

from auditor.deliver.channel import Channel, Fate, Letter, Part, Receipt, Untold
from auditor.engine.incidents.notification import Notification
from auditor.errors import AuditorError
from auditor.serialization import convert
from auditor.text import count, format_time

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


class Held(Protocol):
    """What could not be told, and waits for its next attempt."""

    @property
    def id(self) -> int:
        """Of its row."""

    @property
    def error(self) -> str:
        """What the last attempt ran into."""

    @property
    def retry_at(self) -> datetime:
        """When it is due again."""


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

    def held(self, *, at: datetime, targets: Collection[str] | None) -> Sequence[Held]:
        """Return what failed, and is not just being tried again."""


class Delivered(Struct, frozen=True, kw_only=True):
    """What became of what was to be told."""

    told: int = 0
    waiting: int = 0
    """Kept for another attempt: what failed now, and what failed before and is not due yet."""

    given_up: int = 0
    errors: tuple[str, ...] = ()
    """Why, each once."""

    @property
    def complete(self) -> bool:
        """Tell whether nothing is left that could not be told."""
        return not (self.waiting or self.given_up)


def drain(
    outbox: Outbox[I],
    open_channel: Callable[[str], Channel],
    now: Callable[[], datetime],
    *,
    target: str | None = None,
    of: Collection[str] | None = None,
) -> Delivered:
    """Tell all that is due, of all targets or one; what fails is kept and counted, never raised.

    What failed before and still waits counts as well: that of the targets ``of``, else of all that
    are told. What another process is just telling does not: that one will say what came of it.
    ``open_channel`` is asked by name when there is something to tell; it may raise an
    :class:`~auditor.errors.AuditorError`.
    """
    counts = Counter[str]()
    errors: dict[str, None] = {}
    shut: dict[str, Untold] = {}
    tried: set[int] = set()
    while items := outbox.claim(BATCH, at=now(), target=target, hold=HOLD):
        tried.update(item.id for item in items)
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
    if of is None and target is not None:
        of = (target,)
    held = [each for each in outbox.held(at=now(), targets=of) if each.id not in tried]
    counts["waiting"] += len(held)
    return Delivered(**counts, errors=(*errors, *_why_held(held, said=errors)))


def _why_held(held: Iterable[Held], *, said: Collection[str]) -> Iterator[str]:
    """Say of each reason, unless it is said already, how many messages it holds until when."""
    until: defaultdict[str, list[datetime]] = defaultdict(list)
    for each in held:
        until[each.error].append(each.retry_at)
    for reason, ends in until.items():
        if reason not in said:
            messages = count(len(ends), "message")
            yield f"{reason}; {messages} to be tried again after {format_time(min(ends))}"


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
        announcement=convert(item.payload, Notification),
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
