import pytest

from auditor.domain import unleash
from auditor.domain.collections import MissingReason
from auditor.engine.evaluation.verdicts import VerdictStatus
from auditor.rule.severity import Severity
from tests.support.builders.contexts import clean_snapshot, missing
from tests.support.builders.findings import reasons_of

RULE = "unleash-too-old"
NO_SCIM = missing(MissingReason.NOT_ON_THIS_EDITION, status=404)


def instance(version, **changes):
    return unleash.Instance(version_enterprise=version, **changes)


@pytest.mark.parametrize("version", ["6.1.4", "6.10.0", "7.0.0", "v8.2.0", "6.1.4-beta.1"])
def test_a_new_enough_version_passes(check, version):
    assert check(RULE, clean_snapshot(instance=instance(version))) == (VerdictStatus.PASS, ())


@pytest.mark.parametrize("version", ["6.1.3", "6.0.11", "5.12.9", "4.0.0+build"])
def test_an_older_version_fails(check, version):
    status, [finding] = check(RULE, clean_snapshot(instance=instance(version)))
    assert (status, finding.subject) == (VerdictStatus.FAIL, "instance")
    assert finding.severity is Severity.MEDIUM
    assert version in finding.message


def test_an_edition_without_scim_fails_in_any_version(check):
    only_oss = unleash.Instance(version_oss="8.2.0", version_enterprise="")
    status, [finding] = check(RULE, clean_snapshot(instance=only_oss, scim=NO_SCIM))
    assert (status, finding.subject) == (VerdictStatus.FAIL, "instance")
    assert "This edition of Unleash has no SCIM (version 8.2.0)" in finding.message


def test_the_open_source_version_counts_if_no_other_is_reported(check):
    old = unleash.Instance(version_oss="5.0.0", version_enterprise="")
    assert check(RULE, clean_snapshot(instance=old))[0] is VerdictStatus.FAIL


@pytest.mark.parametrize(
    ("version", "why"),
    [(None, "no version"), ("", "no version"), ("7", '"7" is not a version number')],
)
def test_an_unreadable_version_is_unknown(ask, version, why):
    evaluated = ask(RULE, clean_snapshot(instance=instance(version)))
    assert evaluated.unknown_subjects == {(RULE, "instance")}
    assert why in reasons_of(evaluated.verdicts[0])


def test_a_missing_edition_is_unknown_unless_the_statistics_show_scim(ask):
    shown = clean_snapshot(scim=missing())
    assert ask(RULE, shown).verdicts[0].status is VerdictStatus.PASS
    for statistics in (missing(), unleash.Statistics(scim_enabled=False)):
        hidden = clean_snapshot(scim=missing(), statistics=statistics)
        assert ask(RULE, hidden).unknown_subjects == {(RULE, "instance")}


def test_an_old_version_fails_without_the_edition(check):
    assert (
        check(RULE, clean_snapshot(scim=missing(), instance=instance("6.0.0")))[0]
        is VerdictStatus.FAIL
    )


def test_without_ui_config_the_rule_is_unknown(check):
    assert check(RULE, clean_snapshot(instance=missing())) == (VerdictStatus.UNKNOWN, ())
