"""Weeks without an audit, controls and missing data of a report."""

import re
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec
import pytest

from auditor.domain.collections import MissingData, MissingReason
from auditor.engine.evaluation.verdicts import VerdictStatus
from auditor.engine.views.target_report.report import Report
from auditor.engine.views.target_report.report_trend import trend
from auditor.rule.severity import Family
from tests.support.builders.findings import missing_reason
from tests.support.builders.reports import (
    UNTIL,
    ago,
    bound,
    change,
    counts,
    email_not_login,
    finding,
    person,
    report,
    stored_audit,
    verdict,
)
from tests.support.reported_rules import failing


def test_a_week_without_an_audit_is_a_gap():
    seen = report(weeks=(stored_audit(ago(14), counts=counts(high=2, low=1)),))
    assert len(seen.trend) == 12
    assert [point.open is None for point in seen.trend[-4:]] == [True, False, True, False]
    assert seen.trend[-3].total == 3
    assert seen.trend[-1].week == date(2026, 11, 23)
    assert seen.last_week.open is None


def test_weeks_begin_in_the_time_zone_of_the_report():
    # Sunday evening in New York, in the week that ends with the report.
    until = datetime(2026, 11, 23, 5, tzinfo=UTC)
    late = stored_audit(until - timedelta(hours=1), counts=counts(high=5))
    before = stored_audit(until - timedelta(days=7, hours=1), counts=counts(high=2))
    points = tuple(trend((before, late), until, ZoneInfo("America/New_York")))
    assert [(point.week, point.total) for point in points[-2:]] == [
        (date(2026, 11, 9), 2),
        (date(2026, 11, 16), 5),
    ]


def test_the_last_week_contains_the_instant_before_the_end_of_the_period():
    midnight = datetime(2026, 11, 23, tzinfo=UTC)
    ends = (midnight, midnight + timedelta(microseconds=1))
    assert [tuple(trend((), until))[-1].week for until in ends] == [
        date(2026, 11, 16),
        date(2026, 11, 23),
    ]


def test_the_last_audit_of_a_week_represents_the_week():
    seen = report(
        audits=(stored_audit(UNTIL - timedelta(hours=2), counts=counts(high=5)), stored_audit())
    )
    assert seen.trend[-1].total == 0


def test_a_control_has_the_status_of_its_worst_rule():
    seen = report(
        finding(),
        rules=(bound(), bound("user-not-removed", family=Family.RECONCILIATION)),
        verdicts=failing("push-flag-off"),
    )
    controls = {(each.framework, each.control): each for each in seen.controls}
    shared = controls["SOC 2", "CC6.2"]
    assert (shared.status, shared.open) == (VerdictStatus.FAIL, 1)
    assert shared.rules == ("push-flag-off", "user-not-removed")
    assert controls["NIST 800-53", "AC-6(7)"].status is VerdictStatus.PASS


@pytest.mark.parametrize(
    ("collection", "why", "remediation"),
    [
        ("okta.log", MissingReason.FORBIDDEN, "okta.logs.read"),
        ("okta.app", MissingReason.FORBIDDEN, "okta.apps.read"),
        ("unleash.users", MissingReason.FORBIDDEN, "the root role Admin"),
        ("unleash.self", MissingReason.FORBIDDEN, "Use the token of a service account"),
        *(
            ("okta.app", why, ".")
            for why in MissingReason
            if why is not MissingReason.NOT_ON_THIS_EDITION
        ),
    ],
)
def test_missing_data_states_its_remediation(collection, why, remediation):
    missing = MissingData(why=why, endpoint="GET /here")
    because = missing_reason(collection, missing)
    seen = report(
        rules=(bound("not-steady"),),
        verdicts=(verdict("not-steady", VerdictStatus.UNKNOWN, reasons=(because,)),),
        missing={collection: missing},
    )
    [spot] = seen.data_gaps
    assert remediation in spot.remediation
    assert spot.rules == ("not-steady",)


def test_the_permission_of_the_refused_path_is_named():
    for path, scope in (("apps/0oa1/group-push/mappings", "apps"), ("groups/00g1", "groups")):
        gone = MissingData(why=MissingReason.FORBIDDEN, endpoint=f"GET /api/v1/{path}", status=403)
        (spot,) = report(missing={"okta.pushed_groups": gone}).data_gaps
        assert re.findall(r"okta\.\w+\.read", spot.remediation) == [f"okta.{scope}.read"]


def test_a_refused_credential_must_be_issued_again():
    gone = MissingData(why=MissingReason.UNAUTHORIZED, endpoint="GET /api/v1/mappings", status=401)
    (spot,) = report(missing={"okta.mappings": gone}).data_gaps
    assert spot.remediation == (
        "Issue a new credential and store it in the variable or the file that target.okta names."
    )


def test_a_refused_token_names_no_permission():
    gone = MissingData(
        why=MissingReason.UNAUTHORIZED, endpoint="POST /oauth2/v1/token", detail="invalid_scope"
    )
    (spot,) = report(missing={"okta.mappings": gone}).data_gaps
    assert spot.remediation.startswith("Grant the service app every scope of target.okta.scopes")


def test_a_collection_that_this_edition_does_not_have_is_not_missing_data():
    gone = MissingData(
        why=MissingReason.NOT_ON_THIS_EDITION, endpoint="GET /api/admin/groups", status=404
    )
    assert report(missing={"unleash.groups": gone}).data_gaps == ()


def test_the_report_is_plain_data():
    seen = report(email_not_login(person(1)), changes=(change(until=ago(20)),))
    assert msgspec.json.decode(msgspec.json.encode(seen), type=Report) == seen
