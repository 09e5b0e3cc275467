"""The result of an audit at a terminal: the verdict first, nothing unknown called clean."""

import re
from datetime import timedelta
from io import StringIO

import pytest
from msgspec.structs import replace

from auditor.cli.output.page import FACT_SEPARATOR, TerminalPage
from auditor.cli.output.run_output.run_details import (
    print_changes,
    print_findings,
    print_rules,
    print_transitions,
    print_waivers,
)
from auditor.cli.output.run_output.run_result import (
    print_batch,
    print_next,
    print_quiet,
    print_target,
    verdict_sentence,
)
from auditor.cli.output.run_output.run_view import RunCause, RunView, Status, UnknownRules
from auditor.config.loading import load_settings
from auditor.domain.waivers import Waiver
from auditor.engine.audit_history import PreviousAudits
from auditor.engine.changes.diff import Change, ChangeActor, Confidence
from auditor.engine.evaluation.verdicts import Evaluated, VerdictStatus
from auditor.engine.findings.reconcile import reconcile
from auditor.engine.findings.tracked_findings import Reconciled
from auditor.rule.results import Affected, Evidence, Remediation
from auditor.rule.severity import Severity
from auditor.text import sanitize
from tests.support.builders.findings import START, evaluated, finding, hours, remember
from tests.support.notified_target import TARGET_TABLE

ADA, BO = Affected(id="00u1", name="Ada Berg"), Affected(id="00u2", name="Bo Lund")
EMAIL = replace(
    finding("email-not-login", "oty1", severity=Severity.CRITICAL, affected=(ADA, BO)),
    message="Okta maps email to user.email instead of user.login for user type User.",
    evidence=(
        Evidence(
            collection="okta.mappings",
            field="properties.email.expression",
            observed="user.email",
            expected="user.login",
        ),
    ),
    remediation=Remediation(
        steps=("Set Email to user.login, then save.", "Push the users again."),
        link="https://acme-admin.okta.com/admin/app/acme_unleash_1/instance/0oa12345678901234567/",
    ),
)
TITLES = {"email-not-login": "Okta sends the login as the email."}


def reconciled(
    results: Evaluated, *, before: Evaluated | None = None, waivers: tuple[Waiver, ...] = ()
) -> Reconciled:
    previous = PreviousAudits()
    if before:
        previous = remember(
            reconcile(
                previous.known, before, previous.configurations, target="production", at=START
            ),
            before,
        )
    return reconcile(
        previous.known,
        results,
        previous.configurations,
        target="production",
        at=hours(2),
        waivers=waivers,
    )


def printed(write, *arguments) -> str:
    """Return what a function prints on a page."""
    out = StringIO()
    write(TerminalPage(out), *arguments)
    return out.getvalue()


@pytest.fixture
def configure_nothing(tmp_path):
    path = tmp_path / "auditor.toml"
    path.write_text(TARGET_TABLE)
    return load_settings(path, {"T": "x"})


def view(status: Status = Status.PASS, **facts) -> RunView:
    verdicts = {VerdictStatus.PASS: 29}
    return RunView(target="production", status=status, at=START, **{"verdicts": verdicts} | facts)


CAUSE = RunCause(
    id="3fd92c1aaaaaaaaa",
    title="Email is mapped from user.email, not the login",
    short_title="Email mapping",
    severity=Severity.CRITICAL,
    rules=("email-not-login",),
    findings=1,
    affected=5,
    state="new",
)
LEAVERS = RunCause(
    id="b20a7e4aaaaaaaaa",
    title="Deactivate Users is off: leavers keep their accounts",
    short_title="Deactivate Users is off",
    severity=Severity.HIGH,
    rules=("push-flag-off", "user-not-removed"),
    findings=140,
    affected=139,
    state="still open",
    changed_by="Devon Park (exact)",
    owner="IT Operations",
    due_at=hours(24),
    remediation="Turn the action on under Integration and under To App.",
)
UNKNOWN = UnknownRules(rules=("scim-disabled",), reason="okta.app: forbidden (403)")


@pytest.mark.parametrize(
    ("state", "sentence"),
    [
        (view(), "All 29 applicable rules passed."),
        (
            view(verdicts={VerdictStatus.PASS: 28, VerdictStatus.NEEDS_ATTESTATION: 1}),
            "No findings. 1 rule needs an attestation, because no API exposes the setting.",
        ),
        (
            view(
                Status.INCOMPLETE,
                not_evaluated=(UNKNOWN,),
                verdicts={VerdictStatus.PASS: 28, VerdictStatus.UNKNOWN: 1},
            ),
            (
                "No findings, but 1 of 29 rules could not be evaluated. "
                "The state of production is unknown."
            ),
        ),
        (
            view(Status.INCOMPLETE, verdicts={}),
            "No rule could be evaluated. The state of production is unknown.",
        ),
        (
            view(Status.FAIL, causes=(CAUSE,), affected=5),
            "1 cause, 1 finding, 5 users affected · 1 critical",
        ),
        (
            view(
                Status.FAIL,
                causes=(replace(CAUSE, is_overdue=True), replace(LEAVERS, severity=Severity.LOW)),
                affected=144,
                is_baseline=True,
            ),
            "2 causes, 141 findings, 144 users affected · 1 critical, 1 low · 1 overdue",
        ),
    ],
)
def test_the_second_line_states_the_result(state, sentence):
    assert verdict_sentence(state) == sentence


def test_causes_are_a_table_with_actor_owner_due_date_and_fix(capsys, configure_nothing):
    two = view(
        Status.FAIL,
        causes=(CAUSE, replace(LEAVERS, is_overdue=True)),
        affected=144,
        verdicts={VerdictStatus.FAIL: 3, VerdictStatus.PASS: 26},
    )
    print_target(two, configure_nothing)
    assert capsys.readouterr().out.splitlines()[1:9] == [
        "2 causes, 141 findings, 144 users affected · 1 critical, 1 high · 1 overdue",
        "",
        "ID       SEVERITY  CAUSE                                                 USERS",
        "3fd92c1  critical  Email is mapped from user.email, not the login            5",
        "         New · by an unknown actor",
        "b20a7e4  high      Deactivate Users is off: leavers keep their accounts    139",
        "         Still open · by Devon Park (exact) · IT Operations · overdue",
        "         Fix: Turn the action on under Integration and under To App.",
    ]


def test_many_causes_stay_within_25_lines(capsys, configure_nothing):
    causes = tuple(replace(LEAVERS, id=f"{number:07}aaaaaaaaa") for number in range(40))
    unknown = tuple(replace(UNKNOWN, reason=f"okta.{n}: forbidden (403)") for n in range(9))
    print_target(view(Status.FAIL, causes=causes, not_evaluated=unknown), configure_nothing)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) <= 25
    assert max(map(len, lines)) <= 80
    assert "and 36 more: auditor findings -t production" in lines


def test_quiet_output_is_one_line(capsys):
    print_quiet(view(Status.FAIL, causes=(LEAVERS,), affected=139))
    line = "FAIL production causes=1 findings=140 critical=0 high=1 affected=139 unknown=0\n"
    assert capsys.readouterr().out == line


def test_a_finding_has_evidence_affected_users_and_remediation():
    text = printed(print_findings, reconciled(evaluated(EMAIL)).open)
    assert text == (
        f"""\
✗ critical  email-not-login                                            1 finding
  {EMAIL.id[:7]}  Okta maps email to user.email instead of user.login for user type
           User.
    Observed     properties.email.expression: user.email
    Expected     user.login
    Affected     (2) Ada Berg, Bo Lund
    First seen   2026-01-05T11:00Z
    Remediation  1. Set Email to user.login, then save.
                 2. Push the users again.
                 https://acme-admin.okta.com/admin/app/acme_unleash_1/instance/0oa12345678901234567/

"""
    )


def test_many_findings_of_one_rule_are_cut_and_counted():
    people = [replace(finding("login-mismatch", f"00u{n}"), message=f"No. {n}") for n in range(12)]
    text = printed(print_findings, reconciled(evaluated(*people, rules=("login-mismatch",))).open)
    assert text.count("login-mismatch") == 1
    assert "12 findings" in text
    assert "  and 2 more\n" in text


def test_a_resolved_finding_names_its_resolution():
    rules = ("email-not-login", "push-flag-off")
    result = reconciled(evaluated(rules=rules), before=evaluated(EMAIL, rules=rules))
    text = printed(print_transitions, result, TITLES)
    assert text.startswith("✓ RESOLVED  email-not-login oty1 ")
    assert " fixed\n  Okta sends the login as the email.\n" in text


def test_a_finding_in_the_grace_period_is_pending():
    result = reconciled(evaluated(finding(within_grace=True)))
    text = printed(print_transitions, result, TITLES)
    assert text.startswith("· PENDING   push-flag-off create-users")
    assert "in the grace period" in text


def test_a_waived_finding_names_its_owner():
    waiver = Waiver(
        rule="push-flag-off", owner="Ada", reason="r", expires=hours(48).date(), subject="*"
    )
    result = reconciled(evaluated(finding()), waivers=(waiver,))
    text = printed(print_transitions, result, TITLES)
    assert text.startswith("· WAIVED    push-flag-off create-users")
    assert f"by Ada until {waiver.expires}\n" in text


def test_waivers_without_effect_are_listed():
    unmatched = Waiver(rule="other", owner="Ada", reason="r", expires=hours(48).date())
    expired = replace(unmatched, rule="push-flag-off", expires=START.date() - timedelta(days=1))
    result = reconciled(evaluated(rules=("other", "push-flag-off")), waivers=(unmatched, expired))
    text = printed(print_waivers, result)
    assert "! WAIVER matches no finding: other * by Ada until 2026-01-07\n" in text
    assert "! WAIVER expired: push-flag-off * by Ada until 2026-01-04\n" in text


def test_each_rule_has_one_line_with_its_reason():
    text = printed(print_rules, reconciled(evaluated(unknown_rules=("push-flag-off",))).verdicts)
    assert "? high      push-flag-off  unknown: okta.app: " in text
    assert "✓" not in text


@pytest.mark.parametrize(
    ("confidence", "actors", "author"),
    [
        (Confidence.LIKELY, ("Ro Ott",), "Ro Ott, 2026-01-05T09:00Z (likely)"),
        (
            Confidence.AMBIGUOUS,
            ("Ro", "Bo"),
            "Ro, 2026-01-05T09:00Z or Bo, 2026-01-05T09:00Z (ambiguous)",
        ),
        (Confidence.UNKNOWN, (), "unknown: the log could not be read"),
    ],
)
def test_a_change_has_both_values_and_its_author(confidence, actors, author):
    change = Change(
        collection="okta.mappings",
        path="mapping[oty1].email.expression",
        name="Contractors",
        before="user.login",
        after=None,
        since=START,
        until=hours(1),
        confidence=confidence,
        actors=tuple(
            ChangeActor(name=name, actor_id=name, at=START, event_id=name) for name in actors
        ),
        unknown_reason="the log could not be read",
    )
    text = printed(print_changes, (change,))
    words = "Email (user type Contractors): removed, was user.login"
    assert f"≠ CHANGED BY  {author}\n  Attribute mapping" in text
    assert words in text


def test_lines_fit_the_terminal_except_addresses():
    long = replace(EMAIL, message="word " * 60, subject="x" * 30)
    lines = printed(print_findings, reconciled(evaluated(long)).open).splitlines()
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
def test_text_of_the_services_is_printed_literally(hostile):
    attacked = replace(EMAIL, affected=(Affected(id="1", name=hostile),))
    text = printed(print_findings, reconciled(evaluated(attacked)).open)
    assert " ".join(sanitize(hostile).split()) in " ".join(text.split())
    assert not any(ord(char) < 32 and char != "\n" for char in text)
    assert not any(char in text for char in "\x9b\u202e\u2066")


def test_a_list_of_facts_breaks_between_two_facts():
    facts = [
        "4 causes, 12 findings (5 grouped), 13 users affected",
        "1 critical, 1 high, 1 medium, 1 low",
    ]
    text = StringIO()
    page = TerminalPage(text)
    assert page.width == 80
    page.line(FACT_SEPARATOR.join([*facts, "1 overdue"]), indent=1)
    assert text.getvalue() == f" {facts[0]}\n {facts[1]} · 1 overdue\n"


def test_the_remediation_of_a_finding_is_labelled_once_and_its_steps_are_numbered():
    text = printed(print_findings, reconciled(evaluated(EMAIL)).open)
    assert "    Remediation  1. Set Email to user.login, then save.\n" in text
    assert f"\n    {'':13}2. Push the users again.\n" in text
    assert text.count("Remediation") == 1


def test_the_verdicts_of_rules_are_aligned():
    text = printed(
        print_rules, reconciled(evaluated(EMAIL, rules=("a-much-longer-rule",))).verdicts
    )
    verdicts = [line for line in text.splitlines() if line.startswith(("✗", "✓"))]
    assert len(verdicts) == 2
    assert len({len(re.split(r"(fail|pass)", line)[0]) for line in verdicts}) == 1


def failing(target: str, severity: Severity, affected: int) -> RunView:
    cause = RunCause(
        id="c0ffee0",
        title="A cause",
        short_title="A cause",
        severity=severity,
        rules=("email-not-login",),
        findings=1,
        affected=affected,
        state="new",
    )
    return RunView(target=target, status=Status.FAIL, at=START, causes=(cause,), affected=affected)


def test_targets_are_listed_by_severity_then_users_then_name(capsys):
    views = [
        failing("low", Severity.LOW, 9),
        failing("eu-10", Severity.HIGH, 0),
        failing("eu-2", Severity.HIGH, 0),
        failing("many", Severity.HIGH, 5),
        failing("worst", Severity.CRITICAL, 1),
    ]
    print_batch(views)
    rows = [line.split()[2] for line in capsys.readouterr().out.splitlines() if "✗" in line]
    assert rows == ["worst", "many", "eu-2", "eu-10", "low"]
    print_next(views)
    assert "auditor plan -t worst " in capsys.readouterr().out
