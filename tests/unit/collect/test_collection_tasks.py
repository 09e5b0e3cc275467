"""Collections are read in parallel, and each fails separately."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from auditor.collect.collection_tasks import CollectionTasks
from auditor.domain.collections import APP, LOG, MissingReason
from auditor.domain.okta import App


@pytest.mark.parametrize("fault", [OverflowError, KeyError, RecursionError, AttributeError])
def test_an_exception_in_a_collection_is_reported_as_its_bad_payload(
    fault: type[Exception],
) -> None:
    def fail() -> App:
        raise fault

    app = App(id="0oa1", label="Unleash", name="unleash")
    with ThreadPoolExecutor(2) as pool:
        tasks = CollectionTasks(pool, None)
        tasks.derive(LOG, fail)  # type: ignore[arg-type]  # it never returns
        tasks.derive(APP, lambda: app)
        read, missing = tasks.outcome(5)
    assert read == {APP.name: app}
    assert missing[LOG.name].why is MissingReason.BAD_PAYLOAD
    assert fault.__name__ in missing[LOG.name].detail
