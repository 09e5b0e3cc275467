"""3,000 people, two mistakes by one admin: two causes, two messages, one page each."""

import csv
import re
from collections import Counter
from datetime import timedelta
from io import StringIO
from pathlib import Path

import pytest

from auditor.cli.main import run
from auditor.cli.output.run_output.run_result import print_outcome
from auditor.cli.setup.sandbox_files import environment, sandbox_configuration
from auditor.clock import utc_now
from auditor.config.loading import load_settings
from auditor.pipeline.audit import audit_target
from auditor.sandbox import Sandbox, World
from auditor.sandbox.model.org import Person
from tests.support.inspection.html_page import Page
from tests.support.session.process_groups import shares_two_mistakes

pytestmark = shares_two_mistakes

PEOPLE, ADMINS, OTHER_EMAIL, LEAVERS = 3_000, 50, 572, 139


def users_of(world: World) -> list[Person]:
    """Return the assigned users of the user type whose mapping is wrong; the first are admins."""
    user_type = world.user_type("user").id
    people = (world.okta.people[id_] for id_ in world.app.assignments)
    return [person for person in people if person.type_id == user_type][ADMINS:]


def crowd() -> World:
    """Return a clean world in which the email of 572 users is not the login."""
    world = World.crowd(PEOPLE, at=utc_now() - timedelta(hours=6))
    for person in world.okta.people.values():
        person.profile["email"] = person.profile["login"]
    for number, person in enumerate(users_of(world)[LEAVERS : LEAVERS + OTHER_EMAIL]):
        person.profile["email"] = f"mail-{number}@corp.example"
    return world


def make_two_mistakes(world: World) -> None:
    """Map email to another attribute, turn Deactivate Users off, and let 139 users leave."""
    world.map_attribute("user", "email", "user.email")
    world.switch_push("PUSH_USER_DEACTIVATION", on=False)
    for person in users_of(world)[:LEAVERS]:
        world.deactivate_person(person)


@pytest.fixture(scope="module")
def audited(tmp_path_factory):
    """Audit before and after the two mistakes."""
    folder = tmp_path_factory.mktemp("two-mistakes")
    world = crowd()
    with Sandbox(world) as sandbox:
        config = folder / "auditor.toml"
        text = sandbox_configuration(sandbox)
        config.write_text(f'{text}\n[report]\ndestination = "reports"\n')
        settings = load_settings(config, environment(sandbox))
        (target,) = settings.targets
        first = audit_target(settings, target, lambda: world.now)
        assert first.causes == ()
        assert len(sandbox.slack.channel.roots()) == 1
        make_two_mistakes(world)
        world.advance(hours=2)
        outcome = audit_target(settings, target, lambda: world.now)
        yield outcome, sandbox, settings, config


def test_two_mistakes_are_two_causes(audited):
    outcome, *_ = audited
    mapping, leavers = outcome.causes
    assert mapping.title == "Email is mapped from user.email, not the login"
    assert mapping.rules == ("email-not-login", "sso-identifier-differs")
    assert (mapping.findings, mapping.affected) == (2, OTHER_EMAIL)
    assert leavers.title == "Deactivate Users is off: leavers keep their accounts"
    assert leavers.rules == ("push-flag-off", "user-not-removed")
    assert (leavers.findings, leavers.affected) == (1 + LEAVERS, LEAVERS)


def test_two_mistakes_are_two_slack_messages(audited):
    _, sandbox, *_ = audited
    _, *roots = sandbox.slack.channel.roots()
    assert [root.blocks[0]["text"]["text"] for root in roots] == [
        "🔴 Email is mapped from user.email, not the login",
        "🟠 Deactivate Users is off: leavers keep their accounts",
    ]


def test_no_message_names_an_affected_user(audited):
    _, sandbox, *_ = audited
    transcript = sandbox.slack.transcript()
    users = users_of(sandbox.world)[: LEAVERS + OTHER_EMAIL]
    names = {user.profile["displayName"] for user in users}
    assert not [name for name in names if name in transcript]
    assert "(a user)" not in transcript


def test_one_remediation_is_for_all_leavers(audited):
    outcome, *_ = audited
    remediation = outcome.causes[1].remediation
    assert remediation is not None
    (step,) = (each for each in remediation.steps if each.startswith("Review these"))
    assert step.startswith(f"Review these {LEAVERS} accounts: ")
    assert f" and {LEAVERS - 10} more. " in step


def test_the_terminal_shows_both_in_less_than_25_lines(audited, capsys):
    outcome, _, settings, config = audited
    print_outcome(outcome, settings, {})
    printed = capsys.readouterr().out
    assert len(printed.splitlines()) < 25
    assert f"2 causes, 142 findings, {OTHER_EMAIL + LEAVERS} users affected" in printed
    assert run(["findings", "-c", str(config)]) == 0
    listed = capsys.readouterr().out
    assert listed.startswith("2 causes, 142 open findings · sandbox")
    assert len(listed.splitlines()) < 25


def test_the_page_of_a_cause_has_its_rules_one_remediation_and_its_users(audited, capsys):
    outcome, _, _, config = audited
    cause = outcome.causes[1].id
    assert run(["findings", cause[:7], "-c", str(config)]) == 0
    printed = capsys.readouterr().out
    assert "push-flag-off, user-not-removed: 140 findings" in " ".join(printed.split())
    assert f"Affected users ({LEAVERS})" in printed
    assert f"and {LEAVERS - 20} more: auditor findings {cause[:7]} --affected" in printed
    assert run(["findings", cause[:7], "--affected", "-c", str(config)]) == 0
    whole = capsys.readouterr().out
    assert len(re.findall(r"^  \S.*\(\d+\): ", whole, re.MULTILINE)) == LEAVERS


def test_the_report_links_to_a_list_of_all_affected_users(audited, capsys):
    outcome, _, _, config = audited
    assert run(["report", "-c", str(config)]) == 0
    page = Path(capsys.readouterr().out.strip())
    text = Page(page.read_text()).text
    assert f"Fail: 2 open causes affect {OTHER_EMAIL + LEAVERS} users" in text
    (file,) = set(re.findall(r'href="([^"]*-affected\.csv)"', page.read_text()))
    rows = list(csv.DictReader(StringIO((page.parent / file).read_text())))
    users = Counter((each["rule"], each["cause"]) for each in rows)
    mapping, leavers = (cause.id for cause in outcome.causes)
    assert users == {
        ("email-not-login", mapping): OTHER_EMAIL,
        ("user-not-removed", leavers): LEAVERS,
    }
    assert len({each["user_id"] for each in rows}) == OTHER_EMAIL + LEAVERS


def test_a_later_audit_sends_nothing_more_and_the_fix_resolves_both(audited):
    _, sandbox, settings, _ = audited
    world = sandbox.world
    (target,) = settings.targets
    before = len(sandbox.slack.calls)
    world.advance(hours=1)
    again = audit_target(settings, target, lambda: world.now)
    assert len(again.causes) == 2
    assert len(sandbox.slack.calls) == before
    world.switch_push("PUSH_USER_DEACTIVATION", on=True)
    world.advance(hours=1)
    later = audit_target(settings, target, lambda: world.now)
    (_, leavers) = later.causes
    assert leavers.title == f"{LEAVERS} leavers keep Unleash accounts"
    assert leavers.id == again.causes[1].id
    assert timedelta(0) < world.now - leavers.opened_at
