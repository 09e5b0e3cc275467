"""The cost of validating the UTF-8 of a body, against decoding its JSON."""
# ruff: noqa: T201  (it reports to the terminal)

import json
import sys
import time
from collections.abc import Callable
from statistics import median

import msgspec

from auditor.collect.http.transport import Utf8Validator

REPEATS = 9
PART_BYTES = 64 * 1024


class Profile(msgspec.Struct):
    """The part of a row that is kept."""

    login: str
    email: str


class Row(msgspec.Struct):
    """A user; the other fields of the body are skipped."""

    id: str
    profile: Profile


def body_of(rows: int) -> bytes:
    """Return a JSON list of users; one in ten has a name beyond ASCII."""
    users = (
        {
            "id": f"00u{number:017}",
            "status": "ACTIVE",
            "created": "2026-01-02T03:04:05.000Z",
            "profile": {
                "login": f"user.{number}@example.com",
                "email": f"user.{number}@example.com",
                "displayName": "Zoë Lindqvist" if number % 10 == 0 else "Ada Lind",
            },
        }
        for number in range(rows)
    )
    return json.dumps(list(users), ensure_ascii=False).encode()


def cost(action: Callable[[], object]) -> float:
    """Return the median CPU seconds of an action."""
    costs = []
    for _ in range(REPEATS):
        began = time.process_time()
        action()
        costs.append(time.process_time() - began)
    return median(costs)


def validate(body: bytes) -> bool:
    """Validate a body in the parts in which it arrives."""
    validator = Utf8Validator()
    for begin in range(0, len(body), PART_BYTES):
        validator.feed(body[begin : begin + PART_BYTES])
    return validator.finish()


if __name__ == "__main__":
    whole = body_of(int(sys.argv[1]))
    decoder = msgspec.json.Decoder(list[Row])
    print(cost(lambda: validate(whole)), cost(lambda: decoder.decode(whole)))
