"""The address space of this process. With too little of it, the start of a thread can hang."""

import resource

from auditor.errors import AuditorError

MIN_ADDRESS_SPACE_BYTES = 2 * 1024**3
"""Measured: an audit reserves 1.3 GB for the stacks and memory pools of 40 threads.

It uses less than a tenth of that. Python waits for ever for a thread whose start had no memory.
"""


def require_address_space() -> None:
    """Raise :class:`~auditor.errors.AuditorError` when a limit of this process is too low."""
    limit, _ = resource.getrlimit(resource.RLIMIT_AS)
    if limit == resource.RLIM_INFINITY or limit >= MIN_ADDRESS_SPACE_BYTES:
        return
    msg = (
        f"the limit of virtual memory (ulimit -v) is {limit // 1024**2:,} MiB, and threads reserve "
        f"up to {MIN_ADDRESS_SPACE_BYTES // 1024**2:,} MiB (remove it; to limit the memory in use, "
        "set the limit of a container or MemoryMax of systemd)"
    )
    raise AuditorError(msg)
