"""The meaning of an event follows only from its type and its outcome."""

import pytest

from auditor.domain.provisioning.log_events.event_meanings import (
    EVENT_MEANINGS,
    EventProof,
    is_change,
    meaning_of,
    proof_of,
)
from tests.support.builders.contexts import event, on_app, on_person

USER = "application.provision.user"
GROUP = "application.provision.group_push"


def happened(kind, result="SUCCESS"):
    return event(kind, on_person(), on_app(), result=result)


@pytest.mark.parametrize(
    ("kind", "success", "failure"),
    [
        (f"{USER}.push", EventProof.USER_CREATED, EventProof.PUSH_FAILED),
        (f"{USER}.push_profile", EventProof.USER_UPDATED, EventProof.PUSH_FAILED),
        (f"{USER}.deactivate", EventProof.USER_REMOVED, EventProof.PUSH_FAILED),
        (f"{USER}.delete", EventProof.USER_REMOVED, EventProof.PUSH_FAILED),
        (f"{USER}.delete.schedule", EventProof.REMOVAL_SCHEDULED, EventProof.PUSH_FAILED),
        (f"{USER}.deprovision", EventProof.NOTHING, EventProof.NOTHING),
        (f"{GROUP}.pushed", EventProof.GROUP_PUSHED, EventProof.GROUP_PUSH_FAILED),
        (f"{GROUP}.mapping.created", EventProof.GROUP_PUSH_CHANGED, EventProof.GROUP_PUSH_FAILED),
        ("application.lifecycle.update", EventProof.APP_CHANGED, EventProof.NOTHING),
        ("directory.mapping.update", EventProof.MAPPING_CHANGED, EventProof.NOTHING),
        ("application.user_membership.remove", EventProof.ASSIGNMENT_REMOVED, EventProof.NOTHING),
        ("application.user_membership.add", EventProof.ASSIGNMENT_CHANGED, EventProof.NOTHING),
        ("never.heard.of", EventProof.NOTHING, EventProof.NOTHING),
    ],
)
def test_the_meaning_of_an_event_depends_on_its_outcome(kind, success, failure):
    assert proof_of(happened(kind)) is success
    assert proof_of(happened(kind, "FAILURE")) is failure
    assert proof_of(happened(kind, "SKIPPED")) is EventProof.NOTHING
    assert proof_of(happened(kind, None)) is EventProof.NOTHING


@pytest.mark.parametrize("result", ["SUCCESS", "FAILURE", None])
@pytest.mark.parametrize(
    "kind",
    ["application.configuration.update", "application.integration.authentication_failure"],
)
def test_an_error_event_is_not_a_change_with_any_outcome(kind, result):
    error = happened(kind, result)
    assert proof_of(error) is EventProof.CREDENTIALS_REJECTED
    assert not is_change(error)


@pytest.mark.parametrize("result", ["FAILURE", "SKIPPED", "DENY"])
def test_a_failed_event_is_not_a_change(result):
    assert is_change(happened("directory.mapping.update"))
    assert not is_change(happened("directory.mapping.update", result))


def test_every_meaning_states_its_source_and_applies_to_its_own_type():
    for meaning in EVENT_MEANINGS:
        assert meaning.source
        assert meaning_of(meaning.type.replace("*", "anything")) is meaning, meaning.type
