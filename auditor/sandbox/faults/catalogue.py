"""Every fault that a generated matrix tries, by name."""

from auditor.sandbox.faults import bodies, paging, refusals, wire
from auditor.sandbox.faults.fault import Fault

_HOUR = 3600.0

ALL_FAULTS: dict[str, Fault] = {
    fault.name: fault
    for fault in (
        *(refusals.status(code) for code in (400, 401, 403, 404, 500, 502, 503)),
        refusals.foreign_not_found(),
        refusals.too_many("status-429-with-reset", reset_after=1),
        refusals.too_many("status-429-without-reset", limit=None),
        refusals.too_many("status-429-reset-far-ahead", reset_after=24 * _HOUR),
        refusals.too_many("status-429-concurrency", reset_after=1, limit=0),
        refusals.redirect(),
        wire.closed(),
        wire.silent(),
        wire.stalled(),
        wire.cut(),
        wire.reset(),
        wire.dripping(),
        wire.huge(),
        wire.gzip_bomb(),
        bodies.truncated(),
        bodies.empty(),
        bodies.html(),
        bodies.wrong_type(),
        bodies.wrong_type_inside(),
        bodies.missing_field(),
        bodies.unknown_value(),
        bodies.extra_fields(),
        bodies.utf16(),
        bodies.latin1(),
        bodies.null_field(),
        bodies.invalid_utf8(),
        paging.duplicated_page(),
        paging.looping_next(),
        paging.filterless_next(),
        paging.foreign_next(),
        paging.endless(),
        paging.ignored_offset(),
    )
}
