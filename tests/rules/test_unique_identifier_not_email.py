from datetime import timedelta

import pytest

from auditor.engine.evaluation.verdicts import VerdictStatus
from tests.support.builders.contexts import (
    APP_ID,
    AT,
    attestation,
    clean_snapshot,
    connection,
    missing,
)
from tests.support.builders.findings import reasons_of

RULE = "unique-identifier-not-email"


@pytest.mark.parametrize("seen", [connection(), missing()])
def test_the_rule_always_needs_an_attestation(ask, seen):
    evaluated = ask(RULE, clean_snapshot(connection=seen))
    assert evaluated.verdicts[0].status is VerdictStatus.NEEDS_ATTESTATION
    assert evaluated.unknown_subjects == {(RULE, APP_ID)}
    assert "must be email" in reasons_of(evaluated.verdicts[0])


def test_a_missing_app_has_no_effect(check):
    assert check(RULE, clean_snapshot(app=missing())) == (VerdictStatus.NEEDS_ATTESTATION, ())


def test_an_attestation_is_valid_to_its_last_day(check):
    assert check(RULE, attestations=[attestation(RULE, expires=AT.date())]) == (
        VerdictStatus.ATTESTED,
        (),
    )


@pytest.mark.parametrize(
    "other",
    [
        {"expires": AT.date() - timedelta(days=1)},
        {"on": AT.date() + timedelta(days=1)},
        {"rule": "scim-base-url-wrong"},
        {"subject": "0oaOther"},
        {"target": "staging"},
    ],
)
def test_an_attestation_of_another_rule_or_value_has_no_effect(check, other):
    assert (
        check(RULE, attestations=[attestation(**{"rule": RULE} | other)])[0]
        is VerdictStatus.NEEDS_ATTESTATION
    )


def test_an_expired_attestation_is_named(ask):
    expired = attestation(
        RULE, on=AT.date() - timedelta(days=9), expires=AT.date() - timedelta(days=1)
    )
    verdict = ask(RULE, attestations=[expired]).verdicts[0]
    assert verdict.status is VerdictStatus.NEEDS_ATTESTATION
    text = "The attestation by Ro Ott expired on 2026-11-01. Check the field again and attest it."
    assert reasons_of(verdict).startswith(text)
    older = attestation(
        RULE, on=AT.date() - timedelta(days=9), expires=AT.date() - timedelta(days=5), by="Mo"
    )
    for both in ([expired, older], [older, expired]):
        assert reasons_of(ask(RULE, attestations=both).verdicts[0]).startswith(text)
