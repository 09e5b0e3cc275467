from itertools import count

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from auditor.engine.audit_history import PreviousAudits
from auditor.engine.findings.reconcile import reconcile
from tests.support.builders.audits import reconciled_in, record
from tests.support.builders.findings import evaluations, hours, remember

numbers = count()


@settings(
    deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    history=st.lists(
        st.tuples(evaluations(), st.sampled_from([-1.5, 0, 0.25, 1])), min_size=1, max_size=8
    ),
    resolve_after=st.integers(1, 3),
)
def test_audits_with_the_store_and_in_memory_have_equal_results(store, history, resolve_after):
    target = f"target-{next(numbers)}"
    memory, hour = PreviousAudits(), 0.0
    for seen, passed in history:
        hour += passed
        expected = reconcile(
            memory.known,
            seen,
            memory.configurations,
            target=target,
            at=hours(hour),
            resolve_after=resolve_after,
        )
        recalled, reconciled = reconciled_in(
            store, seen, hour, target=target, resolve_after=resolve_after
        )
        assert reconciled == expected
        store.audits.record(record(recalled, reconciled, seen, hour, target=target))
        memory = remember(expected, seen, memory)
