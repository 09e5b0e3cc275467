"""Rules of a report in tests."""

from datetime import date

from auditor.domain.waivers import Waiver
from auditor.engine.evaluation.verdicts import VerdictStatus
from tests.support.builders.findings import missing_reason
from tests.support.builders.reports import (
    verdict,
)

WAIVER = Waiver(
    rule="push-flag-off", owner="Identity team", reason="in migration", expires=date(2026, 12, 1)
)


def failing(*rules):
    return tuple(verdict(rule, VerdictStatus.FAIL) for rule in rules)


UNKNOWN = verdict("not-steady", VerdictStatus.UNKNOWN, reasons=(missing_reason("okta.log"),))
