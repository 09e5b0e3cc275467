"""The levels of the libraries' loggers. Lines below a warning may contain secrets.

httpx writes whole addresses at INFO, such as that of a webhook or a heartbeat. httpcore writes
headers at DEBUG, and the Okta SDK writes parts of assertions and proofs.
"""

from logging import WARNING, getLogger

LIBRARIES = ("alembic", "apscheduler", "httpcore", "httpx", "okta", "okta-sdk-python", "uvicorn")
"""Their loggers, with those below them."""


def quiet_libraries() -> None:
    """Let these libraries log warnings and errors only, at any level of the root logger.

    A logger is known by its name before its library is imported.
    """
    for name in LIBRARIES:
        getLogger(name).setLevel(WARNING)
