import csv
import json
from io import StringIO
from typing import Any

import pytest

from auditor.engine.evaluation.verdicts import VerdictStatus
from auditor.engine.findings.tracked_findings import Resolution, State
from auditor.engine.views.target_report.report import Report
from auditor.publish.csv_export import CSV_COLUMNS, report_csv
from auditor.publish.json_export import Export, export_schema, report_json
from auditor.publish.ocsf_export import report_ocsf
from auditor.serialization import to_json
from tests.support.builders.findings import missing_reason
from tests.support.builders.reports import (
    ago,
    bound,
    email_not_login,
    finding,
    person,
    report,
    verdict,
)
from tests.support.conclusions import ALL
from tests.support.inspection.json_schema import schema_errors
from tests.support.session.process_groups import uses_json_schema

RULES = (bound(), bound("email-not-login"), bound("scim-disabled"), bound("not-steady"))
VERDICTS = (
    verdict("push-flag-off", VerdictStatus.PASS),
    verdict("email-not-login", VerdictStatus.FAIL),
    verdict(
        "scim-disabled", VerdictStatus.UNKNOWN, reasons=(missing_reason("unleash.scim_settings"),)
    ),
    verdict("not-steady", VerdictStatus.NEEDS_ATTESTATION),
)


@pytest.fixture
def drifted() -> Report:
    return report(email_not_login(person(1)), rules=RULES, verdicts=VERDICTS)


def rows(*reports: Report) -> list[dict[str, str]]:
    return list(csv.DictReader(StringIO("".join(report_csv(reports)), newline="")))


def events(*reports: Report) -> list[dict[str, Any]]:
    return [json.loads(line) for line in report_ocsf(reports)]


@uses_json_schema
def test_the_json_fits_its_schema(drifted):
    written = json.loads("".join(report_json((drifted,))))
    assert schema_errors(written, export_schema()) == []
    (shown,) = written["reports"]
    assert [each["rule"] for each in shown["findings"]] == ["email-not-login"]


def test_the_json_in_pieces_is_the_encoded_record(drifted):
    empty = report(rules=RULES, verdicts=VERDICTS)
    for reports in ((), (drifted,), (drifted, empty)):
        assert "".join(report_json(reports)) == to_json(Export(reports=reports)) + "\n"


@pytest.mark.parametrize("render", [report_json, report_csv, report_ocsf])
def test_no_piece_of_an_export_holds_two_findings(render):
    ids = [f"subject-{number}" for number in range(10, 30)]
    pieces = render([report(*(finding(subject=each) for each in ids))])
    held = [sum(each in piece for each in ids) for piece in pieces]
    assert max(held) == 1
    assert sum(held) >= len(ids)


def test_the_table_has_a_row_for_each_finding(drifted):
    (row,) = rows(drifted)
    assert tuple(row) == CSV_COLUMNS
    assert (row["rule"], row["affected"]) == ("email-not-login", "Person 1")


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t=", " =", "\x01=", "\uff1d"])
def test_a_cell_is_never_a_formula(start):
    hostile = person(1).__class__(id="00u1", name=f"{start}HYPERLINK(0)", detail="")
    (row,) = rows(report(email_not_login(hostile)))
    assert row["affected"].startswith("'")
    assert "HYPERLINK(0)" in row["affected"]


def test_a_cell_contains_nothing_that_controls_a_terminal_or_the_order_of_the_text():
    name = "a\x1b[31m\x9b2J\x7f\u202ecod.exe\u2066\u200fb"
    (row,) = rows(report(email_not_login(person(1).__class__(id="00u1", name=name, detail=""))))
    assert row["affected"] == "a[31m2Jcod.exeb"


def test_every_event_is_a_compliance_finding(drifted):
    from py_ocsf_models.events.findings.compliance_finding import ComplianceFinding

    for event in events(drifted):
        read = ComplianceFinding.model_validate(event)
        assert (read.class_uid, read.category_uid) == (2003, 2)
        assert read.type_uid == 200300 + read.activity_id


def test_an_unknown_rule_is_a_warning_and_never_a_pass(drifted):
    answers = {
        event["compliance"]["control"]: event["compliance"]["status_id"]
        for event in events(drifted)
    }
    assert answers == {
        "push-flag-off": 1,
        "email-not-login": 3,
        "scim-disabled": 2,
        "not-steady": 2,
    }


def test_the_title_of_an_event_states_the_problem_and_that_of_a_pass_the_promise():
    failed, passed = (
        next(each for each in ALL if each.id == rule)
        for rule in ("email-not-login", "push-flag-off")
    )
    fails = verdict(failed.id, VerdictStatus.FAIL)
    week = report(email_not_login(person(1)), rules=(failed, passed), verdicts=(fails,))
    titles = {
        event["compliance"]["control"]: event["finding_info"]["title"] for event in events(week)
    }
    assert titles == {failed.id: failed.rule.problem, passed.id: passed.rule.title}
    assert failed.rule.problem != failed.rule.title


def test_a_finding_is_created_updated_and_closed():
    new = finding(opened_at=ago(1))
    old = finding(subject="push-groups", opened_at=ago(30))
    gone = finding(
        subject="update-attributes",
        state=State.RESOLVED,
        resolved_at=ago(1),
        resolution=Resolution.FIXED,
    )
    exported = events(report(new, old, gone))
    activities = {
        event["unmapped"]["subject"]: event["activity_id"]
        for event in exported
        if "subject" in event["unmapped"]
    }
    assert activities == {"create-users": 1, "push-groups": 2, "update-attributes": 3}


def test_the_uid_stays_when_the_target_is_renamed(drifted):
    import msgspec

    renamed = msgspec.structs.replace(drifted.target, name="renamed")
    other = msgspec.structs.replace(drifted, target=renamed)
    uids = [[each["finding_info"]["uid"] for each in events(each)] for each in (drifted, other)]
    assert uids[0] == uids[1]
