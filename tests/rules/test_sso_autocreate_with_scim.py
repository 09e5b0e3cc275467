import pytest

from auditor.domain import unleash
from auditor.domain.collections import MissingReason
from auditor.engine.evaluation.verdicts import VerdictStatus
from auditor.rule.severity import Severity
from tests.support.builders.contexts import clean_snapshot, missing
from tests.support.builders.findings import reasons_of

RULE = "sso-autocreate-with-scim"


def sso(enabled, auto_create):
    return unleash.SsoSettings(enabled=enabled, auto_create=auto_create)


@pytest.mark.parametrize("way", ["saml", "oidc"])
class TestEachProtocol:
    @pytest.mark.parametrize(
        ("enabled", "auto_create"), [(True, False), (False, True), (False, None), (None, False)]
    )
    def test_passes_unless_sso_is_on_and_creates_accounts(self, check, way, enabled, auto_create):
        assert check(RULE, clean_snapshot(**{way: sso(enabled, auto_create)})) == (
            VerdictStatus.PASS,
            (),
        )

    def test_fails_when_sso_is_on_and_creates_accounts(self, check, way):
        status, [finding] = check(
            RULE, clean_snapshot(**{way: sso(enabled=True, auto_create=True)})
        )
        assert (status, finding.subject) == (VerdictStatus.FAIL, way)
        assert finding.severity is Severity.MEDIUM
        assert way.upper() in finding.message

    def test_the_statistics_do_not_replace_the_settings(self, check, way):
        on = unleash.Statistics(scim_enabled=True, saml_enabled=True, oidc_enabled=True)
        off = unleash.Statistics(scim_enabled=True, saml_enabled=False, oidc_enabled=False)
        unreported = {way: sso(enabled=None, auto_create=True)}
        assert check(RULE, clean_snapshot(statistics=on, **unreported))[0] is VerdictStatus.UNKNOWN
        assert check(RULE, clean_snapshot(statistics=off, **unreported))[0] is VerdictStatus.UNKNOWN
        assert (
            check(RULE, clean_snapshot(statistics=off, **{way: missing()}))[0]
            is VerdictStatus.UNKNOWN
        )

    @pytest.mark.parametrize(
        ("unseen", "why"),
        [
            (missing(), "forbidden"),
            (sso(enabled=True, auto_create=None), "do not contain the auto-create status"),
            (sso(None, auto_create=True), "does not state it"),
        ],
    )
    def test_each_protocol_is_unknown_separately(self, ask, way, unseen, why):
        statistics = unleash.Statistics(scim_enabled=True)
        evaluated = ask(RULE, clean_snapshot(statistics=statistics, **{way: unseen}))
        assert evaluated.unknown_subjects == {(RULE, way)}
        assert why in reasons_of(evaluated.verdicts[0])
        assert evaluated.unknown_rules == frozenset()

    def test_a_protocol_that_the_edition_does_not_have_passes(self, check, way):
        assert (
            check(RULE, clean_snapshot(**{way: missing(MissingReason.NOT_ON_THIS_EDITION)}))[0]
            is VerdictStatus.PASS
        )


@pytest.mark.parametrize(
    "without_scim",
    [
        {"scim": unleash.ScimSettings(enabled=False)},
        {"scim": missing(MissingReason.NOT_ON_THIS_EDITION)},
    ],
)
def test_while_scim_is_off_the_rule_is_not_applicable(check, without_scim):
    snapshot = clean_snapshot(saml=sso(enabled=True, auto_create=True), **without_scim)
    assert check(RULE, snapshot) == (VerdictStatus.NOT_APPLICABLE, ())


def test_the_rule_is_unknown_if_the_scim_setting_is_unknown(check):
    assert check(RULE, clean_snapshot(scim=missing(), statistics=missing())) == (
        VerdictStatus.UNKNOWN,
        (),
    )
