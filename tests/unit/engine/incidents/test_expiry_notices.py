"""Notices of what expires, and of missing audits."""

from datetime import UTC, date, datetime, timedelta

import pytest
from msgspec.structs import replace

from auditor.domain.collections import OWN_TOKENS
from auditor.domain.unleash import AccessToken
from auditor.domain.waivers import Attestation, Waiver
from auditor.engine.incidents.notices import silent
from tests.support.builders.findings import (
    START,
    hours,
)


def test_a_manual_check_without_an_attestation_is_never_sent(audits):
    for hour in range(1, 10):
        assert audits.run(hour=hour, statuses={"push-flag-off": "needs_attestation"}) == ()


def test_a_token_is_reported_from_fourteen_days_before_its_expiry_until_its_expiry(audits):
    at = hours(1)
    ends = (None, at, at + timedelta(seconds=1), at + timedelta(days=14, seconds=1))
    assert len(audits.run(hour=1, world=own_tokens(*ends))) == 1
    assert len(audits.run(hour=1, world=own_tokens(at + timedelta(days=14)))) == 1


def own_tokens(*expiries: datetime | None):
    tokens = [AccessToken(id=n, description="cron", expires_at=at) for n, at in enumerate(expiries)]
    return {OWN_TOKENS.name: tuple(tokens)}


def test_a_token_that_expires_soon_is_reported_once(audits):
    soon = own_tokens(datetime(2026, 1, 18, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC), None)
    (one,) = audits.run(hour=1, world=soon)
    assert one.about.title == (
        "The auditor's Unleash token “cron” expires at 2026-01-18 00:00 UTC."
    )
    assert audits.run(hour=2, world=soon) == ()
    renewed = own_tokens(datetime(2026, 1, 19, tzinfo=UTC))
    assert len(audits.run(hour=3, world=renewed)) == 1


ATTESTED = Attestation(
    rule="scim-base-url-wrong",
    by="Ada",
    on=date(2026, 1, 1),
    expires=date(2026, 1, 20),
    evidence="OPS-1",
)
WAIVED = Waiver(rule="push-flag-off", owner="Bo", reason="a migration", expires=date(2026, 1, 20))


@pytest.mark.parametrize(
    ("promise", "title"),
    [
        (ATTESTED, "The attestation of scim-base-url-wrong by Ada expires on 2026-01-20."),
        (WAIVED, "The waiver of push-flag-off by Bo expires on 2026-01-20."),
    ],
)
def test_a_waiver_or_attestation_is_reported_once_fourteen_days_before_its_expiry(
    audits, promise, title
):
    renewed = replace(promise, expires=date(2026, 1, 21))
    assert audits.run(hour=1, with_expiry=(promise,)) == ()
    (one,) = audits.run(hour=24, with_expiry=(promise,))
    assert (one.at.date(), one.about.title) == (date(2026, 1, 6), title)
    assert audits.run(hour=48, with_expiry=(promise,)) == ()
    assert len(audits.run(hour=49, with_expiry=(renewed,))) == 1


@pytest.mark.parametrize("promise", [ATTESTED, WAIVED])
def test_an_expired_or_foreign_waiver_or_attestation_is_not_reported(audits, promise):
    over = replace(promise, expires=date(2026, 1, 4))
    elsewhere = replace(promise, expires=date(2026, 1, 6), target="staging")
    assert audits.run(hour=1, with_expiry=(over, elsewhere)) == ()
    today = replace(promise, expires=date(2026, 1, 5))
    assert len(audits.run(hour=1, with_expiry=(elsewhere, over, today))) == 1


def test_waivers_for_several_subjects_are_reported_separately(audits):
    both = tuple(
        replace(WAIVED, subject=each, expires=date(2026, 1, 6)) for each in ("create-users", "b")
    )
    assert len(audits.run(hour=1, with_expiry=both)) == 2


def test_a_gap_between_audits_within_the_limit_is_not_reported(audits):
    assert audits.run(hour=26) == ()


def test_a_gap_between_audits_is_reported_by_the_next_audit(audits):
    (one,) = audits.run(hour=30)
    assert one.about.title == (
        "Audits of production are back: "
        "there was none from 2026-01-05 09:00 UTC to 2026-01-06 15:00 UTC."
    )
    assert audits.run(hour=40) == ()


def test_missing_audits_keep_one_key_while_they_last():
    limit = timedelta(hours=26)
    assert silent(START, "production", hours(26), limit) is None
    first, later = (silent(START, "production", hours(h), limit) for h in (27, 99))
    assert first
    assert later
    assert first.key == later.key
