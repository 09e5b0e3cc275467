"""The rule scim-endpoint-down, through the real loader and the real evaluation."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from auditor.domain.collections import MissingReason
from auditor.domain.unleash import ScimAnswer, ScimEndpoint, ScimSettings
from auditor.engine.evaluation.verdicts import VerdictStatus
from auditor.rule.severity import Basis, Severity
from tests.support.builders.contexts import (
    AT,
    TARGET,
    clean_snapshot,
    event,
    log,
    missing,
    on_app,
    on_person,
)
from tests.support.builders.findings import reasons_of

RULE = "scim-endpoint-down"
URL = "https://unleash.example.com/scim"


def answered(answer, status=200):
    return ScimEndpoint(url=URL, answer=answer, status=status, at=AT)


def pushed(minutes_ago):
    kind = "application.provision.user.push"
    return log(event(kind, on_person(), on_app(), minutes_ago=minutes_ago))


@pytest.mark.parametrize(("answer", "status"), [(ScimAnswer.REFUSED, 401), (ScimAnswer.SCIM, 200)])
def test_an_endpoint_that_answers_passes_as_a_proxy(ask, answer, status):
    verdict = ask(RULE, clean_snapshot(scim_endpoint=answered(answer, status))).verdicts[0]
    assert (verdict.status, verdict.basis) == (VerdictStatus.PASS, Basis.PROXY)
    assert f"answered {status} to a request without a token" in reasons_of(verdict)


@pytest.mark.parametrize(
    ("answer", "status", "text"),
    [
        (ScimAnswer.HTML, 200, "answers with a web page instead of SCIM."),
        (ScimAnswer.NOT_FOUND, 404, "answers 404 (not found)."),
    ],
)
def test_a_web_page_or_404_fails(check, answer, status, text):
    _, (finding,) = check(RULE, clean_snapshot(scim_endpoint=answered(answer, status)))
    assert (finding.subject, finding.severity) == ("instance", Severity.MEDIUM)
    assert finding.message.startswith(f"{URL} {text} Seen from the auditor's network")


def test_a_recent_push_contradicts_the_answer(ask):
    down = answered(ScimAnswer.NOT_FOUND, 404)
    evaluated = ask(RULE, clean_snapshot(scim_endpoint=down, log=pushed(30)))
    assert evaluated.unknown_subjects == {(RULE, "instance")}
    assert "404 (not found), but a push succeeded on" in reasons_of(evaluated.verdicts[0])
    assert len(ask(RULE, clean_snapshot(scim_endpoint=down, log=pushed(120))).findings) == 1


@pytest.mark.parametrize("answer", [ScimAnswer.OTHER, ScimAnswer.REDIRECT])
def test_any_other_answer_is_unknown(check, answer):
    snapshot = clean_snapshot(scim_endpoint=answered(answer, 503))
    assert check(RULE, snapshot) == (VerdictStatus.UNKNOWN, ())


def test_without_an_answer_it_is_unknown(check):
    snapshot = clean_snapshot(scim_endpoint=missing(MissingReason.TIMEOUT))
    assert check(RULE, snapshot) == (VerdictStatus.UNKNOWN, ())


@pytest.mark.parametrize(
    "changes",
    [
        {"scim": ScimSettings(enabled=False)},
        {"scim": missing(MissingReason.NOT_ON_THIS_EDITION)},
        {"target": replace(TARGET, scim_probe=False), "scim_endpoint": missing()},
    ],
    ids=["SCIM off", "edition without SCIM", "probe off"],
)
def test_it_does_not_apply(check, changes):
    assert check(RULE, clean_snapshot(**changes)) == (VerdictStatus.NOT_APPLICABLE, ())


def test_the_answer_can_be_an_hour_old(check):
    old = replace(answered(ScimAnswer.HTML), at=AT - timedelta(minutes=50))
    assert (
        check(RULE, clean_snapshot(scim_endpoint=old, log=pushed(100)))[0] is VerdictStatus.UNKNOWN
    )


def test_without_the_log_a_push_can_contradict_the_answer(ask):
    snapshot = clean_snapshot(scim_endpoint=answered(ScimAnswer.NOT_FOUND, 404), log=missing())
    evaluated = ask(RULE, snapshot)
    assert evaluated.unknown_subjects == {(RULE, "instance")}
    assert "okta.log: forbidden" in reasons_of(evaluated.verdicts[0])


@pytest.mark.parametrize(
    ("content_type", "text"),
    [("text/plain", "answered 502 (text/plain),"), ("", "answered 502 (no content type),")],
)
def test_the_reason_states_the_content_type(ask, content_type, text):
    answer = replace(answered(ScimAnswer.OTHER, 502), content_type=content_type)
    assert text in reasons_of(ask(RULE, clean_snapshot(scim_endpoint=answer)).verdicts[0])


@pytest.mark.parametrize(
    ("hours", "status"), [(1, VerdictStatus.FAIL), (0.9, VerdictStatus.UNKNOWN)]
)
def test_only_a_push_within_the_last_hour_contradicts_the_answer(check, hours, status):
    down = answered(ScimAnswer.NOT_FOUND, 404)
    world = clean_snapshot(scim_endpoint=down, log=pushed(hours * 60))
    assert check(RULE, world)[0] is status
