"""Facts about an org and an instance survive from audit to audit."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial

import psycopg
import pytest

from auditor.domain.okta import Actor, LogEvent, LogTarget
from auditor.domain.provisioning.log_events.log_facts import LogFacts
from auditor.domain.unleash import ScimAnswer, ScimEndpoint
from auditor.engine.diagnostics.slack_connection import SlackConnectionFact
from auditor.store import open_store
from auditor.store.source_facts import write_log_facts
from tests.support.builders.audits import TARGET, audit
from tests.support.builders.findings import hours
from tests.support.processes.service_process import eventually

ORG, APP = "https://acme.okta.com", "0oa1"
UNLEASH = "https://unleash.acme.example"


def push(hour: float, user: str = "00u1") -> LogEvent:
    return LogEvent(
        id=f"{user} {hour}",
        type="application.provision.user.push",
        published_at=hours(hour),
        actor=Actor(id="sys", type="SystemPrincipal"),
        targets=(LogTarget(id=user, type="User"),),
        result="SUCCESS",
    )


def facts(*events: LogEvent, until: float, since: float = 0) -> LogFacts:
    return LogFacts(until=hours(until), complete_since=hours(since), events=events)


def keep(store, found: LogFacts, hour: float) -> None:
    audit(store, hour=hour, log_facts={(ORG, APP): found})


def test_the_next_audit_has_the_facts_of_this_one(store):
    assert store.facts.log_facts(ORG, APP) is None
    found = facts(push(1), push(2, "00u2"), until=3)
    keep(store, found, 3)
    assert store.facts.log_facts(ORG, APP) == found
    assert store.facts.log_facts(ORG, "0oa2") is None
    assert store.facts.log_facts("https://other.okta.com", APP) is None


def test_a_newer_event_replaces_an_older_one(store):
    keep(store, facts(push(1), push(1, "00u2"), until=3), 3)
    newer = facts(push(1, "00u2"), push(4), until=5)
    keep(store, newer, 5)
    assert store.facts.log_facts(ORG, APP) == newer


def test_an_event_that_is_no_longer_a_fact_is_removed(store):
    keep(store, facts(push(1), until=3), 3)
    keep(store, facts(until=5), 5)
    assert store.facts.log_facts(ORG, APP) == facts(until=5)


def test_an_older_position_changes_nothing(store):
    newer = facts(push(4), until=5)
    keep(store, newer, 5)
    keep(store, facts(push(1), until=3), 6)
    assert store.facts.log_facts(ORG, APP) == newer


@pytest.mark.postgres
@pytest.mark.parametrize(("first", "second"), [(3, 5), (5, 3), (3, 3)])
def test_audits_of_one_app_at_the_same_time_keep_the_newest_facts(
    emptied_postgres_url, first, second
):
    """Targets that share an app can be audited by two processes, in one transaction each."""

    def of_audit(at: int) -> LogFacts:
        return facts(push(1), push(at, "00u2"), until=at)

    def write(at: int) -> None:
        with store.database.writing() as connection:
            write_log_facts(connection, ORG, APP, of_audit(at))

    def is_waiting(observer) -> bool:
        query = "SELECT count(*) FROM pg_locks WHERE NOT granted"
        return bool(observer.execute(query).fetchone()[0])

    conninfo = emptied_postgres_url.replace("+psycopg", "")
    with (
        open_store(emptied_postgres_url, migrate=True) as store,
        ThreadPoolExecutor(1) as other,
        psycopg.connect(conninfo, autocommit=True) as observer,
    ):
        with store.database.writing() as connection:
            write_log_facts(connection, ORG, APP, of_audit(first))
            writing = other.submit(write, second)
            eventually(partial(is_waiting, observer))
        writing.result(timeout=60)
        assert store.facts.log_facts(ORG, APP) == of_audit(max(first, second))


def test_the_last_answer_of_the_scim_endpoint_is_kept(store):
    assert store.facts.scim_endpoint(UNLEASH) is None
    for hour, answer in ((1, ScimAnswer.HTML), (2, ScimAnswer.REFUSED)):
        found = ScimEndpoint(url=f"{UNLEASH}/scim", answer=answer, status=200, at=hours(hour))
        audit(store, hour=hour, scim_endpoint={UNLEASH: found})
        assert store.facts.scim_endpoint(UNLEASH) == found


def test_facts_that_no_audit_has_read_for_long_are_removed(store):
    keep(store, facts(push(1), until=3), 3)
    store.retention.prune(TARGET, at=hours(3) + timedelta(days=9), keep=timedelta(days=30))
    assert store.facts.log_facts(ORG, APP)
    store.retention.prune(TARGET, at=hours(3) + timedelta(days=30), keep=timedelta(days=20))
    assert store.facts.log_facts(ORG, APP) is None


def test_a_forgotten_user_is_removed_from_the_facts(store):
    named = LogEvent(
        id="e",
        type="application.provision.user.push",
        published_at=hours(1),
        actor=Actor(id="sys", type="SystemPrincipal"),
        targets=(LogTarget(id="00u1", type="User", login="ada@example.com"),),
    )
    keep(store, facts(named, until=3), 3)
    store.retention.forget("ada@example.com")
    (kept,) = store.facts.log_facts(ORG, APP).events
    assert "ada" not in str(kept)


def test_the_last_connection_to_slack_is_kept(store):
    assert store.facts.slack_connection() is None
    for hour in (1, 2):
        fact = SlackConnectionFact(at=hours(hour), app_id="A1", connections=hour, own=1)
        store.facts.keep_slack_connection(fact)
    assert store.facts.slack_connection() == fact
