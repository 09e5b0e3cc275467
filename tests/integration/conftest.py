"""Fixtures that several folders use; a folder with fixtures of the same name has its own."""

from tests.support.notified_target import (  # noqa: F401  (pytest finds them here)
    clock,
    configure,
    door,
    life,
    slack,
    store,
)
from tests.support.service_process import house  # noqa: F401  (as above)
