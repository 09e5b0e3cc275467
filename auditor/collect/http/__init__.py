"""HTTP to the two APIs: read-only, with limits and retries, and to the configured origin only."""

from auditor.collect.http.api_client import ApiClient, ResponseReader, SignIn
from auditor.collect.http.endpoint import Endpoint
from auditor.collect.http.error_response import NOT_FOUND_ERROR, error_of_response
from auditor.collect.http.limits import OUT_OF_TIME, Deadline
from auditor.collect.http.paging import read_pages
from auditor.collect.http.transport import HttpResponse, Transport

__all__ = [
    "NOT_FOUND_ERROR",
    "OUT_OF_TIME",
    "ApiClient",
    "Deadline",
    "Endpoint",
    "HttpResponse",
    "ResponseReader",
    "SignIn",
    "Transport",
    "error_of_response",
    "read_pages",
]
