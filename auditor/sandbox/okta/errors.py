"""Okta's errors. Pure."""

from auditor.sandbox.answer import Answer

ERRORS = {
    "E0000001": (400, "Api validation failed: {0}"),
    "E0000005": (403, "Invalid session"),
    "E0000006": (403, "You do not have permission to perform the requested action"),
    "E0000007": (404, "Not found: {0}"),
    "E0000011": (401, "Invalid token provided"),
    "E0000022": (405, "The endpoint does not support the provided HTTP method"),
    "E0000031": (400, "Invalid search criteria."),
    "E0000047": (429, "API call exceeded rate limit due to too many requests."),
}


def error(code: str, what: str = "", cause: str | None = None) -> Answer:
    """Answer an error; `what` completes its summary, `cause` is a sentence of its own."""
    status, summary = ERRORS[code]
    body = {
        "errorCode": code,
        "errorSummary": summary.format(what),
        "errorLink": code,
        "errorId": "oaeSandbox" + code,
        "errorCauses": [{"errorSummary": cause}] if cause else [],
    }
    return Answer(body, status)
