"""The lowest level that is logged, from AUDITOR_LOG_LEVEL."""

import logging
import os

from auditor.errors import ConfigError

LOG_LEVEL_VARIABLE = "AUDITOR_LOG_LEVEL"

LOG_LEVELS = {"info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}
"""Value of the variable to the level of :mod:`logging`."""


def log_level() -> int:
    """Return the level that the environment sets, or that of ``info``.

    Raises :class:`~auditor.errors.ConfigError` for an unknown value.
    """
    named = os.environ.get(LOG_LEVEL_VARIABLE, "info").strip().lower()
    if named not in LOG_LEVELS:
        msg = f"{LOG_LEVEL_VARIABLE} is {named!r} (write {', '.join(LOG_LEVELS)})"
        raise ConfigError(msg)
    return LOG_LEVELS[named]
