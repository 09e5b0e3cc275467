"""Unleash's answers, and its errors."""

from uuid import NAMESPACE_URL, uuid5

from auditor.sandbox.answer import Answer

JSON = "application/json; charset=utf-8"
INVALID = (
    "Request validation failed: your request body or params contain invalid data."
    " Refer to the `details` list for more information."
)


def shown(body: object) -> Answer:
    """Answer a body."""
    return Answer(body, content_type=JSON)


def error(status: int, name: str, message: str, **more: object) -> Answer:
    """Answer an error; `more` replaces or adds fields of its body."""
    body = {
        "id": str(uuid5(NAMESPACE_URL, message)),
        "name": name,
        "message": message,
        "details": [{"message": message}],
        **more,
    }
    return Answer(body, status, content_type=JSON)


def bad_data(path: str, message: str) -> Answer:
    """Refuse a request of which the part at `path` is not valid."""
    details = [{"message": message, "path": path}]
    return error(400, "BadDataError", INVALID, details=details)


def plain_error(status: int, name: str, message: str) -> Answer:
    """Answer an error of those that carry no id."""
    body = {"name": name, "message": message, "details": [{"message": message}]}
    return Answer(body, status, content_type=JSON)
