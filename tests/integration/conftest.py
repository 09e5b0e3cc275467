"""Fixtures that several folders use; a folder with fixtures of the same name has its own."""

from tests.support.notified_target import (  # noqa: F401  (pytest finds them here)
    audits,
    clock,
    configure,
    slack,
    slack_server,
    store,
)
from tests.support.processes.service_process import installation  # noqa: F401  (as above)
