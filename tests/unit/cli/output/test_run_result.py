from datetime import timedelta
from io import StringIO

import pytest
from msgspec.structs import replace

from auditor.cli.output.page import TerminalPage
from auditor.cli.output.run_result import print_outcome
from auditor.domain.waivers import Waiver
from auditor.engine.audit_history import PreviousAudits
from auditor.engine.changes.diff import Actor, Change, Confidence
from auditor.engine.evaluation.verdicts import Evaluated, VerdictStatus
from auditor.engine.findings.reconcile import reconcile
from auditor.rule.results import Affected, Evidence, Remediation, RootCause
from auditor.rule.severity import Severity
from auditor.text import sanitize
from tests.support.builders.findings import START, evaluated, finding, hours, remember

ADA, BO = Affected(id="00u1", name="Ada Berg"), Affected(id="00u2", name="Bo Lund")
HURTING = replace(
    finding("email-not-login", "oty1", severity=Severity.CRITICAL, affected=(ADA, BO)),
    message="For user type User Okta sends user.email as the email, not the login, so people"
    " get a second account.",
    evidence=(
        Evidence(
            collection="okta.mappings",
            field="mapping[oty1].email.expression",
            observed="user.email",
            expected="user.login",
        ),
    ),
    remediation=Remediation(
        steps=("Set Email to user.login, then save.", "Push the existing people again."),
        link="https://acme-admin.okta.com/admin/app/acme_unleash_1/instance/0oa12345678901234567/",
    ),
)
TITLES = {"email-not-login": "Okta sends everybody's login as their email."}


def told(
    seen: Evaluated,
    *,
    before: Evaluated | None = None,
    waivers: tuple[Waiver, ...] = (),
    changes: tuple[Change, ...] = (),
) -> str:
    memory = PreviousAudits()
    if before:
        memory = remember(
            reconcile(memory.known, before, memory.configurations, target="production", at=START),
            before,
        )
    reconciled = reconcile(
        memory.known, seen, memory.configurations, target="production", at=hours(2), waivers=waivers
    )
    out = StringIO()
    print_outcome(TerminalPage(out), seen, reconciled, changes, TITLES)
    return out.getvalue()


def test_a_finding_answers_what_whom_and_how_to_put_it_back():
    assert told(evaluated(HURTING)) == (
        """\
✗ CRITICAL  email-not-login                                                  new
  For user type User Okta sends user.email as the email, not the login, so
  people get a second account.
  seen      mapping[oty1].email.expression: user.email
  wanted    user.login
  hurts     2 people: Ada Berg, Bo Lund
  put back  Set Email to user.login, then save.
            Push the existing people again.
  https://acme-admin.okta.com/admin/app/acme_unleash_1/instance/0oa12345678901234567/

1 open finding: 1 critical
2 rules: 1 failed, 1 passed
✗ Not as the guide demands; the worst is critical.
"""
    )


def test_the_second_run_says_since_when_and_what_is_mended():
    extra = replace(finding("push-flag-off"), message="Create Users is off.")
    text = told(
        evaluated(extra, rules=("email-not-login", "push-flag-off")),
        before=evaluated(HURTING, extra, rules=("email-not-login", "push-flag-off")),
    )
    assert text == (
        """\
✗ HIGH      push-flag-off                                             still open
  Create Users is off.
  when      first seen 2026-01-05 09:00 UTC

✓ RESOLVED  email-not-login oty1                                           fixed
  Okta sends everybody's login as their email.

1 open finding: 1 high
2 rules: 1 failed, 1 passed
✗ Not as the guide demands; the worst is high.
"""
    )


def test_the_one_whom_the_message_names_is_not_named_twice():
    leaver = replace(
        finding("user-not-removed", "7", affected=(ADA,)), message="Ada Berg has an account."
    )
    assert "hurts" not in told(evaluated(leaver))
    assert "hurts     1 person: Bo Lund\n" in told(evaluated(replace(leaver, affected=(BO,))))


def test_many_findings_of_one_rule_stand_together():
    people = [replace(finding("login-mismatch", f"00u{n}"), message=f"No. {n}") for n in range(9)]
    text = told(evaluated(*people, rules=("login-mismatch",)))
    assert text.count("login-mismatch") == 1
    assert "9 new" in text
    assert "  • No. 0\n  • No. 1\n  • No. 2\n  … and 6 more of this rule\n" in text


def test_what_was_not_seen_is_told_with_the_reason_and_is_not_clean():
    text = told(evaluated(blind=("scim-disabled", "push-flag-off")))
    assert "? BLIND     push-flag-off, scim-disabled\n  okta.app: timeout at GET" in text
    assert "? Nothing wrong was seen, but 2 rules could not look: this is not clean." in text
    assert "✓" not in text


def test_a_failing_rule_that_is_blind_elsewhere_says_so():
    text = told(evaluated(finding(), unknown=(("push-flag-off", "update-attributes"),)))
    assert "? BLIND     push-flag-off\n" in text
    assert "1 rule could not see everything" in text


def test_a_rule_that_another_ones_finding_explains_is_named():
    cause = RootCause(rule="email-not-login", subject="oty1")
    ada, bo = (finding("login-mismatch", each.id, root_cause=cause) for each in (ADA, BO))
    text = told(evaluated(HURTING, ada, bo, rules=("email-not-login", "login-mismatch")))
    assert (
        "· EXPLAINED login-mismatch\n  2 findings listed under the root cause email-not-login\n"
        in text
    )
    assert "EXPLAINED email-not-login" not in text


def test_no_rule_at_all_is_not_clean():
    assert "this is not clean" in told(evaluated(rules=()))


def test_what_nobody_vouched_for_is_listed_and_not_a_pass():
    seen = evaluated(
        rules=("a-rule", "scim-base-url-wrong"),
        statuses={"scim-base-url-wrong": VerdictStatus.NEEDS_ATTESTATION},
    )
    text = told(seen)
    assert "· TO ATTEST scim-base-url-wrong\n" in text
    assert "as far as can be seen; for 1 rule nobody has vouched." in text


def test_all_passed():
    assert told(evaluated()).endswith("✓ As the guide demands.\n")


def test_a_pending_finding_is_shown_and_counts_for_nothing():
    text = told(evaluated(finding(within_grace=True)))
    assert "· PENDING   push-flag-off create-users" in text
    assert "not yet for long enough" in text
    assert "0 open findings\n" in text


def test_a_waived_finding_names_its_owner():
    waiver = Waiver(
        rule="push-flag-off", owner="Ada", reason="r", expires=hours(48).date(), subject="*"
    )
    text = told(evaluated(finding()), waivers=(waiver,))
    assert "~ WAIVED    push-flag-off create-users" in text
    assert f"by Ada until {waiver.expires}\n" in text
    assert "0 open findings\n" in text


def test_useless_waivers_are_told():
    unmatched = Waiver(rule="other", owner="Ada", reason="r", expires=hours(48).date())
    expired = replace(unmatched, rule="push-flag-off", expires=START.date() - timedelta(days=1))
    text = told(evaluated(rules=("other", "push-flag-off")), waivers=(unmatched, expired))
    assert "! WAIVER unmatched: other *, of Ada, until 2026-01-07\n" in text
    assert "! WAIVER expired: push-flag-off *, of Ada, until 2026-01-04\n" in text


@pytest.mark.parametrize(
    ("confidence", "suspects", "wanted"),
    [
        (Confidence.LIKELY, ("Ro Ott",), "by Ro Ott, 2026-01-05 09:00 UTC (likely)"),
        (
            Confidence.AMBIGUOUS,
            ("Ro", "Bo"),
            "by Ro, 2026-01-05 09:00 UTC or Bo, 2026-01-05 09:00 UTC (ambiguous)",
        ),
        (Confidence.UNKNOWN, (), "by whom is not known: the log is blind"),
    ],
)
def test_a_change_says_before_after_and_by_whom(confidence, suspects, wanted):
    change = Change(
        collection="okta.mappings",
        path="mapping[oty1].email.expression",
        before="user.login",
        after=None,
        since=START,
        until=hours(1),
        confidence=confidence,
        actors=tuple(Actor(name=name, actor_id=name, at=START, event_id=name) for name in suspects),
        unknown_reason="the log is blind",
    )
    text = told(evaluated(), changes=(change,))
    assert f"≠ CHANGED   {wanted}\n  mapping[oty1].email.expression: user.login → absent\n" in text


def test_no_line_is_wider_than_the_terminal_save_for_addresses():
    long = replace(HURTING, message="word " * 60, subject="x" * 30)
    lines = told(evaluated(long)).splitlines()
    assert max(len(line) for line in lines if "https://" not in line) <= 80
    assert not any(line.endswith(" ") for line in lines)


@pytest.mark.parametrize(
    "hostile",
    [
        "\x1b[31mred\x1b]0;title\x07",
        "[bold red]markup[/] :bomb:",
        "one\r\ntwo\ttabs",
        "right\u202eto left\u2066",
        "\x9b31m",
    ],
)
def test_text_from_outside_is_shown_and_never_obeyed(hostile):
    text = told(evaluated(replace(HURTING, affected=(Affected(id="1", name=hostile),))))
    assert sanitize(hostile) in " ".join(text.split("\n"))
    assert not any(ord(char) < 32 and char != "\n" for char in text)
    assert not any(char in text for char in "\x9b\u202e\u2066")
