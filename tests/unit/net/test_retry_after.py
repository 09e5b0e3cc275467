from datetime import UTC, datetime, timedelta

import pytest

from auditor.net.retry_after import read_retry_after, server_time

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
IN_A_MINUTE = "Mon, 23 Nov 2026 12:01:00 GMT"


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({"retry-after": "30"}, 30),
        ({"Retry-After": " 0 "}, 0),
        ({"RETRY-AFTER": "999999"}, 999_999),
        ({"retry-after": IN_A_MINUTE}, 60),
        ({"retry-after": IN_A_MINUTE, "date": "Mon, 23 Nov 2026 11:59:00 GMT"}, 120),
        ({"Retry-After": IN_A_MINUTE, "Date": "Mon, 23 Nov 2026 12:05:00 GMT"}, 0),
        ({"retry-after": "Mon, 23 Nov 2026 12:01:00 -0000"}, 60),
        ({"retry-after": "Mon, 23 Nov 2026 13:01:00 +0100"}, 60),
    ],
)
def test_a_wait_is_a_number_of_seconds_or_a_date(headers, wait):
    assert read_retry_after(headers, received_at=NOON) == timedelta(seconds=wait)


@pytest.mark.parametrize(
    "value",
    [
        "",
        "soon",
        "-1",
        "1.5",
        "1000000",
        "9" * 309,
        "²",
        "Mon, 99 Nov 2026 12:01:00 GMT",
        "Fri, 31 Dec 9999 23:59:59 -2300",
        "x" * 9999,
    ],
)
def test_an_unreadable_header_is_no_wait(value):
    assert read_retry_after({"retry-after": value}, received_at=NOON) is None


def test_the_time_of_the_server_is_aware():
    assert server_time({"date": IN_A_MINUTE}) == NOON + timedelta(minutes=1)
    assert server_time({"date": "today"}) is None
