"""The one way out: bounded, patient, read-only HTTP to the configured origin and nowhere else."""

from auditor.collect.http.deadline import OUT_OF_TIME, Deadline
from auditor.collect.http.endpoint import Endpoint
from auditor.collect.http.origin import Hear, Origin, SignIn
from auditor.collect.http.pages import read_pages
from auditor.collect.http.refusal import NOT_FOUND_ERROR, refusal
from auditor.collect.http.wire import Answer, Wire

__all__ = [
    "NOT_FOUND_ERROR",
    "OUT_OF_TIME",
    "Answer",
    "Deadline",
    "Endpoint",
    "Hear",
    "Origin",
    "SignIn",
    "Wire",
    "read_pages",
    "refusal",
]
