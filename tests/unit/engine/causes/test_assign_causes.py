from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st
from msgspec import Struct
from msgspec.structs import replace

from auditor.engine.audit_history import PreviousAudits
from auditor.engine.causes.assign_causes import assign_causes
from auditor.engine.causes.cause import Cause
from auditor.engine.causes.cause_title import cause_title
from auditor.engine.changes.diff import Change
from auditor.engine.evaluation.verdicts import Evaluated
from auditor.engine.findings.reconcile import reconcile
from auditor.engine.findings.tracked_findings import Reconciled, State
from auditor.rule.results import Affected, Evidence, RootCause
from auditor.rule.severity import Severity
from tests.support.builders.findings import evaluated, finding, hours, remember

EMAIL, FLAG = "mapping[oty1].email.expression", "app.features[PUSH_USER_DEACTIVATION]"
RULES = ("email-not-login", "sso-identifier-differs", "login-mismatch", "user-not-removed")
MAPPING_ROOT = RootCause(rule="email-not-login", subject="oty1")
FLAG_ROOT = RootCause(rule="push-flag-off", subject="deactivate-users", lists_users=False)


class Audits(Struct):
    """The audits of a target, with its open causes."""

    memory: PreviousAudits = PreviousAudits()
    causes: dict[str, Cause] = {}
    hour: int = 0

    def run(self, seen: Evaluated, *changes: Change) -> Reconciled:
        at = hours(self.hour)
        reconciled = reconcile(
            self.memory.known,
            seen,
            self.memory.configurations,
            target="production",
            at=at,
            grace=timedelta(0),
        )
        reconciled, self.causes = assign_causes(reconciled, seen, changes, self.causes, at=at)
        self.memory = remember(reconciled, seen, self.memory)
        self.hour += 1
        return reconciled


def change(path: str = EMAIL, hour: int = 0) -> Change:
    return Change(
        collection="okta.mappings" if path == EMAIL else "okta.app",
        path=path,
        before="user.login",
        after=None,
        since=hours(hour - 1),
        until=hours(hour),
    )


def about(one, path: str = EMAIL):
    """Return the finding with evidence about ``path``."""
    collection = change(path).collection
    piece = (Evidence.of(collection_named(collection), path, path, observed="x", expected="y"),)
    return replace(one, evidence=piece)


def collection_named(name: str):
    from auditor.domain.collections import COLLECTIONS

    return COLLECTIONS[name]


MAPPED = about(finding("email-not-login", "oty1", severity=Severity.CRITICAL))
SSO = about(finding("sso-identifier-differs", "0oa1"))
LEAVER_FLAG = about(finding("push-flag-off", "deactivate-users"), FLAG)


def mismatch(number: int, root: RootCause | None = MAPPING_ROOT):
    person = Affected(id=f"00u{number}", name=f"Person {number}")
    return finding("login-mismatch", person.id, affected=(person,), root_cause=root)


def leaver(number: int):
    person = Affected(id=f"{number}", name=f"Leaver {number}")
    return finding("user-not-removed", person.id, affected=(person,), root_cause=FLAG_ROOT)


def causes_of(reconciled: Reconciled) -> dict[str, str]:
    return {
        each.after.id: each.after.cause
        for each in reconciled.transitions
        if each.after.state is State.OPEN
    }


def test_findings_that_one_change_explains_are_one_cause_under_the_most_severe():
    audits = Audits()
    reconciled = audits.run(evaluated(SSO, MAPPED), change())
    assert causes_of(reconciled) == {SSO.id: MAPPED.id, MAPPED.id: MAPPED.id}
    assert audits.causes[MAPPED.id].change == change()


def test_the_smallest_id_leads_among_equally_severe_findings():
    one, two = (about(finding("extra-attribute", subject)) for subject in ("oty1", "oty2"))
    reconciled = Audits().run(evaluated(one, two), change())
    assert set(causes_of(reconciled).values()) == {min(one.id, two.id)}


def test_a_finding_that_nothing_explains_is_its_own_cause():
    reconciled = Audits().run(evaluated(SSO, MAPPED))
    assert causes_of(reconciled) == {SSO.id: SSO.id, MAPPED.id: MAPPED.id}


def test_findings_of_one_rule_that_nothing_explains_are_separate_causes():
    reconciled = Audits().run(evaluated(mismatch(1, None), mismatch(2, None)))
    assert causes_of(reconciled) == {mismatch(n, None).id: mismatch(n, None).id for n in (1, 2)}


def test_too_many_findings_of_one_rule_are_one_cause_under_one_with_details():
    many = [finding("unmanaged-user", str(number)) for number in range(40)]
    detailed = max(many, key=lambda each: each.id)
    seen = [each if each is detailed else replace(each, has_details=False) for each in many]
    audits = Audits()
    reconciled = audits.run(evaluated(SSO, *seen))
    assert causes_of(reconciled) == {
        **dict.fromkeys(causes_of(reconciled), detailed.id),
        SSO.id: SSO.id,
    }
    assert causes_of(audits.run(evaluated(SSO, *many))) == causes_of(reconciled)


def test_findings_that_were_open_keep_their_causes_when_their_rule_finds_too_many():
    first, *more = [finding("unmanaged-user", str(number)) for number in range(3)]
    audits = Audits()
    audits.run(evaluated(first))
    reconciled = audits.run(evaluated(first, *(replace(each, has_details=False) for each in more)))
    lead = min(each.id for each in more)
    assert causes_of(reconciled) == {first.id: first.id, more[0].id: lead, more[1].id: lead}


def test_a_finding_that_opens_later_joins_the_cause_of_its_change():
    audits = Audits()
    audits.run(evaluated(MAPPED), change())
    reconciled = audits.run(evaluated(MAPPED, SSO))
    assert causes_of(reconciled)[SSO.id] == MAPPED.id


def test_a_member_keeps_the_cause_and_gives_it_the_title_once_the_lead_is_fixed():
    audits = Audits()
    leavers = [leaver(number) for number in range(139)]
    before = audits.run(evaluated(LEAVER_FLAG, *leavers), change(FLAG))
    assert causes_of(before) == dict.fromkeys(causes_of(before), LEAVER_FLAG.id)
    assert len(before.open) == 140
    assert cause_title(LEAVER_FLAG.id, before.open, {})[1] == "Deactivate Users is off"
    after = audits.run(evaluated(*leavers, rules=("push-flag-off",)))
    assert set(causes_of(after).values()) == {LEAVER_FLAG.id}
    title, short = cause_title(LEAVER_FLAG.id, after.open, {})
    assert (title, short) == ("139 leavers keep Unleash accounts", "Leavers keep accounts")


def test_a_cause_stays_open_while_a_grouped_finding_is_unknown():
    audits = Audits()
    audits.run(evaluated(MAPPED, mismatch(1)))
    audits.run(evaluated(rules=("email-not-login",), unknown_rules=("login-mismatch",)))
    assert set(audits.causes) == {MAPPED.id}
    audits.run(evaluated(rules=("email-not-login", "login-mismatch")))
    assert audits.causes == {}


def test_a_cause_closes_with_its_last_finding():
    audits = Audits()
    audits.run(evaluated(MAPPED, SSO), change())
    audits.run(evaluated(SSO, rules=("email-not-login",)))
    assert set(audits.causes) == {MAPPED.id}
    audits.run(evaluated(rules=("email-not-login", "sso-identifier-differs")))
    assert audits.causes == {}


def test_two_mistakes_that_affect_three_thousand_people_are_two_causes():
    people = [mismatch(number) for number in range(571)]
    leavers = [leaver(number) for number in range(139)]
    audits = Audits()
    reconciled = audits.run(
        evaluated(MAPPED, SSO, LEAVER_FLAG, *people, *leavers), change(), change(FLAG)
    )
    assert set(audits.causes) == {MAPPED.id, LEAVER_FLAG.id}
    assert len(audits.causes[MAPPED.id].grouped) == 571
    assert len(reconciled.open) == 3 + 139


def test_a_finding_with_a_fix_of_its_own_stays_open_under_the_cause_of_its_root():
    audits = Audits()
    admin = replace(leaver(1), severity=Severity.CRITICAL)
    reconciled = audits.run(evaluated(LEAVER_FLAG, admin))
    assert causes_of(reconciled) == {LEAVER_FLAG.id: LEAVER_FLAG.id, admin.id: LEAVER_FLAG.id}
    assert audits.causes[LEAVER_FLAG.id].grouped == ()
    assert (reconciled.open[0].after.id, reconciled.open[0].after.severity) == (
        admin.id,
        Severity.CRITICAL,
    )


def test_a_root_cause_that_is_not_open_explains_nothing():
    reconciled = Audits().run(evaluated(leaver(1), rules=("push-flag-off",)))
    assert causes_of(reconciled) == {leaver(1).id: leaver(1).id}


found = st.sets(
    st.sampled_from([MAPPED, SSO, LEAVER_FLAG, mismatch(1), mismatch(2), leaver(1), leaver(2)]).map(
        lambda each: each.id
    )
)
BY_ID = {
    each.id: each
    for each in (MAPPED, SSO, LEAVER_FLAG, mismatch(1), mismatch(2), leaver(1), leaver(2))
}
ALL_RULES = (*RULES, "push-flag-off")
step = st.tuples(
    found,
    st.sets(st.sampled_from(ALL_RULES)),
    st.sets(st.sampled_from([EMAIL, FLAG])),
)


def seen_in(step_, order=sorted) -> Evaluated:
    ids, unknown, _ = step_
    findings = [BY_ID[id_] for id_ in order(ids)]
    return evaluated(*findings, rules=ALL_RULES, unknown_rules=tuple(sorted(unknown)))


def run_all(steps, order=sorted) -> Audits:
    audits = Audits()
    for each in steps:
        changes = [change(path, audits.hour) for path in order(each[2])]
        audits.run(seen_in(each, order), *changes)
    return audits


@given(st.lists(step, max_size=6))
def test_the_order_of_findings_and_changes_does_not_matter(steps):
    forward = run_all(steps)
    backward = run_all(steps, lambda values: sorted(values, reverse=True))
    assert forward.causes == backward.causes


@given(st.lists(step, min_size=1, max_size=6))
def test_a_replay_changes_nothing(steps):
    audits = run_all(steps)
    before, known = audits.causes, {each.id: each.cause for each in audits.memory.known}
    audits.hour -= 1
    audits.run(seen_in(steps[-1]), *(change(path, audits.hour) for path in sorted(steps[-1][2])))
    assert audits.causes == before
    assert {each.id: each.cause for each in audits.memory.known} == known


@given(st.lists(step, min_size=1, max_size=6))
def test_a_cause_is_open_exactly_while_a_finding_is_open_or_unknown(steps):
    audits = Audits()
    for each in steps:
        before = audits.causes
        seen = seen_in(each)
        reconciled = audits.run(seen, *(change(path, audits.hour) for path in sorted(each[2])))
        of_open = set(causes_of(reconciled).values())
        assert "" not in of_open
        assert of_open <= set(audits.causes)
        for cause in before.values():
            unknown = [m for m in cause.grouped if seen.is_unknown(m.rule, m.subject)]
            still_grouped = [m for m in unknown if m.id not in causes_of(reconciled)]
            regrouped = {m.id for one in audits.causes.values() for m in one.grouped}
            assert all(member.id in regrouped for member in still_grouped)


def rooted(rule: str, root: str | None):
    """Return a finding of ``rule`` about ``s``, whose root cause is a finding of ``root``."""
    cause = RootCause(rule=root, subject="s", lists_users=False) if root else None
    return finding(rule, "s", root_cause=cause)


def test_a_chain_of_root_causes_leads_to_its_end():
    end, middle, first = rooted("a", None), rooted("b", "a"), rooted("c", "b")
    reconciled = Audits().run(evaluated(end, middle, first, rules=("a", "b", "c")))
    assert set(causes_of(reconciled).values()) == {end.id}


def test_a_finding_has_the_cause_that_a_change_gives_to_its_root_cause():
    root = RootCause(rule=SSO.rule, subject=SSO.subject, lists_users=False)
    reconciled = Audits().run(evaluated(MAPPED, SSO, mismatch(1, root)), change())
    assert causes_of(reconciled) == dict.fromkeys(causes_of(reconciled), MAPPED.id)
    assert len(causes_of(reconciled)) == 3


def test_root_causes_in_a_circle_are_one_cause_under_the_smallest_id_of_the_circle():
    circle = [rooted("a", "b"), rooted("b", "a")]
    outside = [rooted(rule, "a") for rule in "cdefgh"]
    assert min(each.id for each in outside) < min(each.id for each in circle)
    reconciled = Audits().run(evaluated(*circle, *outside, rules=tuple("abcdefgh")))
    assert set(causes_of(reconciled).values()) == {min(each.id for each in circle)}
