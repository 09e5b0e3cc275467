"""The reason why a collection could not be read. Pure."""

from auditor.domain.collections import MissingData, MissingReason


class CollectError(Exception):
    """A collection could not be read. It becomes missing data with this reason."""

    def __init__(
        self, why: MissingReason, endpoint: str, detail: str = "", status: int | None = None
    ) -> None:
        self.missing = MissingData(why=why, endpoint=endpoint, status=status, detail=detail)
        super().__init__(str(self.missing))


class TransientError(CollectError):
    """The same request may succeed a little later."""

    def __init__(
        self,
        why: MissingReason,
        endpoint: str,
        detail: str = "",
        status: int | None = None,
        *,
        pause: float = 0,
    ) -> None:
        super().__init__(why, endpoint, detail, status)
        self.pause = pause
        """Seconds to wait, as the answer states."""
