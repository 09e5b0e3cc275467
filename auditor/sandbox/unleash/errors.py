"""Unleash's answers, and its errors."""

from uuid import NAMESPACE_URL, uuid5

from auditor.sandbox.answer import Answer

JSON = "application/json; charset=utf-8"


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
