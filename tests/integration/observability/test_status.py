"""The numbers of the metrics: counted in the database, for all targets at once."""

from auditor.domain.snapshot import RateLimit
from auditor.domain.waivers import Waiver
from auditor.engine.audit_history import Tally
from auditor.rule.severity import Severity
from tests.support.builders.audits import TARGET, audit, reconciled_in, record
from tests.support.builders.findings import START, evaluated, finding, hours

SEEN, UNSEEN = finding("email-not-login"), finding("login-mismatch")
ACCEPTED = finding("push-flag-off", severity=Severity.LOW)
SETTLING = finding("user-not-provisioned", within_grace=True)
WAIVER = Waiver(
    rule=ACCEPTED.rule, owner="Ada", reason="until the move", expires=hours(24 * 90).date()
)


def test_each_finding_is_counted_once_by_severity_and_state(store):
    first = evaluated(SEEN, UNSEEN, ACCEPTED, SETTLING)
    later = evaluated(SEEN, ACCEPTED, SETTLING, unknown_rules=(UNSEEN.rule,))
    for hour, seen in enumerate((first, later)):
        memory, reconciled = reconciled_in(
            store, seen, hour, waivers=(WAIVER,), grace=hours(2) - START
        )
        store.audits.record(record(memory, reconciled, seen, hour))
    audit(store, SEEN, hour=1, target="another")
    assert set(store.history.tallies()) == {
        Tally(target="another", rule=SEEN.rule, severity=Severity.HIGH, state="open", number=1),
        Tally(target=TARGET, rule=SEEN.rule, severity=Severity.HIGH, state="open", number=1),
        Tally(
            target=TARGET,
            rule=UNSEEN.rule,
            severity=Severity.HIGH,
            state="not_evaluated",
            number=1,
        ),
        Tally(target=TARGET, rule=SETTLING.rule, severity=Severity.HIGH, state="pending", number=1),
        Tally(target=TARGET, rule=ACCEPTED.rule, severity=Severity.LOW, state="waived", number=1),
    }
    audit(store, hour=2)
    assert not [each for each in store.history.tallies() if each.target == TARGET]


def test_the_last_audit_has_the_remaining_rate_limits(store):
    seen = tuple(
        RateLimit(bucket="/api/v1/mappings", limit=100, remaining=left) for left in (70, 5)
    )
    assert store.history.rate_limits() == {}
    for hour, each in enumerate(seen):
        audit(store, hour=hour, rate_limits=(each,))
        assert store.history.rate_limits() == {TARGET: (each,)}
    audit(store, hour=2)
    assert store.history.rate_limits() == {TARGET: ()}
