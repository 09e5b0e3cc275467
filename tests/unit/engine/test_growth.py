"""The work of the conclusions and of the files of a report grows linearly: steps, never time."""

from datetime import date, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from auditor.domain.waivers import Waiver
from auditor.engine.changes.causation import ExplainingChanges
from auditor.engine.findings.tracked_findings import State
from auditor.engine.findings.waiver_matching import WaiversOnTarget
from auditor.engine.views.digest import weekly_digest
from auditor.publish.csv_export import report_csv
from auditor.publish.json_export import report_json
from auditor.publish.ocsf_export import report_ocsf
from auditor.publish.report_page import render
from auditor.rule.results import Evidence
from tests.support.builders.reports import (
    REPORT_RULES,
    UNTIL,
    ago,
    bound,
    change,
    email_not_login,
    finding,
    many,
    person,
    report,
)
from tests.support.inspection.counted_calls import counted_instructions

DAY = date(2027, 1, 31)


def subject(number):
    return f"00u{number:017}"


def waive_each(count):
    waivers = [
        Waiver(rule="unmanaged-user", subject=subject(n), owner="iam", reason="old", expires=DAY)
        for n in range(count)
    ]
    on_target = WaiversOnTarget.of(waivers, "production", DAY)
    for number in range(count):
        assert on_target.covering("unmanaged-user", subject(number), "") is waivers[number]


def explain_each(count):
    paths = [f"mapping[oty{n}].email.expression" for n in range(count)]
    changes = [change(path) for path in paths]
    explaining = ExplainingChanges(changes)
    for each in changes:
        piece = Evidence(collection="okta.mappings", field=each.path, observed="", expected="")
        assert explaining.of([piece], by=UNTIL) is each


def resolved(count):
    gone: dict[str, Any] = {"state": State.RESOLVED, "resolved_at": ago(1)}
    rules = tuple(map(bound, REPORT_RULES))
    findings = (finding(REPORT_RULES[n % 4], subject(n), **gone) for n in range(count))
    return report(*findings, rules=rules)


def lone_causes(count):
    """Return a report of so many causes of one rule, which the page shows as one group."""
    findings = (finding("unmanaged-user", subject(n), affected=(person(n),)) for n in range(count))
    own = (replace(each, cause=each.id) for each in findings)
    return report(*own, rules=(bound("unmanaged-user"),))


REPORTS = {
    "causes": many,
    "one group": lone_causes,
    "people": lambda count: report(email_not_login(*map(person, range(count)))),
    "resolved": resolved,
    "changes": lambda count: report(
        changes=tuple(
            change(f"mapping[oty{n}].email.expression", until=UNTIL - timedelta(minutes=n))
            for n in range(count)
        )
    ),
}
FILES = {
    "page": render,
    "csv": lambda of: list(report_csv([of])),
    "json": lambda of: list(report_json([of])),
    "ocsf": lambda of: list(report_ocsf([of])),
    "digest": weekly_digest,
}


@pytest.mark.parametrize("conclude", [waive_each, explain_each])
def test_the_work_of_a_conclusion_grows_linearly(conclude):
    assert counted_instructions(lambda: conclude(400)) < 2.2 * counted_instructions(
        lambda: conclude(200)
    )


@pytest.mark.parametrize("of", REPORTS.values(), ids=REPORTS)
def test_the_work_of_a_report_grows_linearly(of):
    assert counted_instructions(lambda: of(400)) < 2.2 * counted_instructions(lambda: of(200))


@pytest.mark.parametrize("write", FILES.values(), ids=FILES)
@pytest.mark.parametrize("of", REPORTS.values(), ids=REPORTS)
def test_the_work_of_a_file_grows_linearly(write, of):
    small, large = of(200), of(400)
    write(small)  # compiles the template
    assert counted_instructions(lambda: write(large)) < 2.2 * counted_instructions(
        lambda: write(small)
    )
