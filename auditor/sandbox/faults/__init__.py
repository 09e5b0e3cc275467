"""Faults for the sandbox: errors between a service and its client."""

from auditor.sandbox.faults.bodies import (
    empty,
    extra_fields,
    html,
    latin1,
    missing_field,
    truncated,
    unknown_value,
    utf16,
    wrong_type,
    wrong_type_inside,
)
from auditor.sandbox.faults.catalogue import ALL_FAULTS
from auditor.sandbox.faults.endpoints import ENDPOINTS, Endpoint, find_endpoint
from auditor.sandbox.faults.fault import Answer, Exchange, Fault, in_the_answer, on_the_wire
from auditor.sandbox.faults.middleware import Faults, Struck
from auditor.sandbox.faults.paging import (
    duplicated_page,
    endless,
    filterless_next,
    foreign_next,
    ignored_offset,
    looping_next,
)
from auditor.sandbox.faults.refusals import foreign_not_found, redirect, status, too_many
from auditor.sandbox.faults.sockets import refusing_port, tls_garbage_server
from auditor.sandbox.faults.wire import (
    closed,
    cut,
    dripping,
    gzip_bomb,
    hang_up,
    held,
    huge,
    reset,
    silent,
    slow,
    stalled,
)

__all__ = [
    "ALL_FAULTS",
    "ENDPOINTS",
    "Answer",
    "Endpoint",
    "Exchange",
    "Fault",
    "Faults",
    "Struck",
    "closed",
    "cut",
    "dripping",
    "duplicated_page",
    "empty",
    "endless",
    "extra_fields",
    "filterless_next",
    "find_endpoint",
    "foreign_next",
    "foreign_not_found",
    "gzip_bomb",
    "hang_up",
    "held",
    "html",
    "huge",
    "ignored_offset",
    "in_the_answer",
    "latin1",
    "looping_next",
    "missing_field",
    "on_the_wire",
    "redirect",
    "refusing_port",
    "reset",
    "silent",
    "slow",
    "stalled",
    "status",
    "tls_garbage_server",
    "too_many",
    "truncated",
    "unknown_value",
    "utf16",
    "wrong_type",
    "wrong_type_inside",
]
