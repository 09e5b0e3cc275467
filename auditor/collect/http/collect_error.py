"""Why something could not be fetched. Pure."""

from auditor.domain.collections import MissingData, MissingReason


class CollectError(Exception):
    """Something could not be fetched; becomes the :class:`Missing` of its collection."""

    def __init__(
        self, why: MissingReason, endpoint: str, detail: str = "", status: int | None = None
    ) -> None:
        self.missing = MissingData(why=why, endpoint=endpoint, status=status, detail=detail)
        super().__init__(str(self.missing))


class TransientError(CollectError):
    """The same request may fare better a little later."""

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
        """Seconds that the answer asked to wait."""
