"""Why a collection could not be had: one exception, and how answers turn into it. Pure."""

import re
from typing import Final

from auditor.world.snapshot import Missing, Why

ERROR_CODE: Final = re.compile(r"E\d{7}")


class CollectError(Exception):
    """Something could not be fetched; never shown as it is, but kept as a :class:`Missing`."""

    def __init__(self, why: Why, endpoint: str, detail: str = "", status: int | None = None):
        super().__init__(f"{why.value} at {endpoint}")
        self.missing = Missing(why=why, endpoint=endpoint, status=status, detail=detail)
