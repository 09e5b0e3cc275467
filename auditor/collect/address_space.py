"""The address space of this process. With too little of it, the start of a thread can hang."""

import resource

from auditor.errors import AuditorError

MIN_ADDRESS_SPACE_BYTES = 4 * 1024**3
"""An audit reserves 8 MiB for the stack and up to 64 MiB for the memory pool of each of 40 threads.

It uses less than a tenth of that. How much is reserved varies from audit to audit and grows with
the number of cores. Python can wait for ever for a thread whose start had no memory.
"""


def require_address_space() -> None:
    """Raise :class:`~auditor.errors.AuditorError` when a limit of this process is too low."""
    limit, _ = resource.getrlimit(resource.RLIMIT_AS)
    if limit == resource.RLIM_INFINITY or limit >= MIN_ADDRESS_SPACE_BYTES:
        return
    msg = (
        f"the limit of virtual memory (ulimit -v) is {limit // 1024**2:,} MiB, and threads need "
        f"{MIN_ADDRESS_SPACE_BYTES // 1024**2:,} MiB (remove it; to limit the memory in use, "
        "set the limit of a container or MemoryMax of systemd)"
    )
    raise AuditorError(msg)
