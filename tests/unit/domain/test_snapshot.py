"""The data that was read, and the requests for data that was not."""

from typing import Any

import pytest

from auditor.domain.collections import APP, GROUPS, LOG, MAPPINGS, SCIM, MissingReason
from auditor.domain.snapshot import DataMissing, LeftToFullAudit, Snapshot, TargetedSnapshot
from tests.support.builders.contexts import AT, TARGET, app, missing

NOT_READ = missing(MissingReason.FORBIDDEN, "GET /api/v1/mappings", status=403)
NO_EDITION = missing(MissingReason.NOT_ON_THIS_EDITION, "GET /api/admin/scim-settings", status=404)
PARTS: dict[str, Any] = {
    "target": TARGET,
    "taken_at": AT,
    "read": {APP.name: app()},
    "missing": {MAPPINGS.name: NOT_READ, SCIM.name: NO_EDITION},
}


def test_missing_data_names_the_collection_and_the_answer() -> None:
    with pytest.raises(DataMissing) as error:
        Snapshot(**PARTS)[MAPPINGS]
    assert str(error.value) == f"okta.mappings: {NOT_READ}"
    assert (error.value.collection, error.value.missing) == (MAPPINGS, NOT_READ)


TARGETED = TargetedSnapshot(**PARTS, not_needed=frozenset({GROUPS}))
REQUESTS = {
    "its value": lambda snapshot, collection: snapshot[collection],
    "its value, if it was read": lambda snapshot, collection: snapshot.get(collection),
    "why it is missing": lambda snapshot, collection: snapshot.lacks(collection),
}


@pytest.mark.parametrize("request_data", REQUESTS.values(), ids=REQUESTS)
@pytest.mark.parametrize("collection", [MAPPINGS, LOG], ids=str)
def test_other_data_is_left_to_the_full_audit(request_data, collection) -> None:
    with pytest.raises(LeftToFullAudit) as error:
        request_data(TARGETED, collection)
    why = TARGETED.why_missing(collection)
    assert str(error.value) == f"{collection}: {why}"
    assert (error.value.collection, error.value.missing) == (collection, why)


def test_a_targeted_audit_has_the_data_that_it_read() -> None:
    assert TARGETED[APP] == app()
    assert TARGETED.get(APP) == app()
    assert TARGETED.lacks(APP) is None


@pytest.mark.parametrize("collection", [SCIM, GROUPS], ids=str)
def test_data_that_the_target_does_not_have_or_a_check_does_not_need_is_missing(collection) -> None:
    assert TARGETED.get(collection) is None
    assert TARGETED.lacks(collection) == TARGETED.why_missing(collection)
    with pytest.raises(DataMissing):
        TARGETED[collection]
