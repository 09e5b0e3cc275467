"""Hostile names, expressions, labels and links have no effect in any output."""

import csv
import io
import json
import logging
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from auditor.sandbox import World
from auditor.sandbox.faults.bodies import unknown_value
from auditor.sandbox.faults.endpoints import ENDPOINTS, find_endpoint
from auditor.sandbox.faults.fault import Fault
from auditor.sandbox.faults.paging import foreign_next
from auditor.sandbox.faults.refusals import redirect
from auditor.sandbox.slack.state import SlackState
from tests.support.inspection.html_page import Page
from tests.support.peers.canned_server import answer, serving

MARKUP = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>{{ 7 * 7 }}"
MENTION = "<!channel> <@U012AB3CD> <https://evil.example|here> *loud* @here"
FORMULA = '=HYPERLINK("https://evil.example";"here")'
CONTROL = "a\x1b]0;title\x07\x9b31mb\u202ec\r\n2026-01-01 all is well\x00d\u2028e"
PATH = "../../api/v1/users/me?x=%2e%2e#"
HOSTILE_TEXTS = (MARKUP, MENTION, FORMULA, CONTROL, PATH)

CONTROLS = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]")
"""Control characters that a terminal or a log executes. A line feed ends a line of output."""

VIEWS = (
    ("findings", "--state", "all"),
    ("changes",),
    ("history",),
    ("plan",),
    ("doctor",),
    ("person", "nasty0@example.com"),
    ("person", MARKUP),
    ("person", PATH),
)

GAPS = r"auditor: sandbox: \d+ rules? (was|were) not evaluated, so steps can be missing .*\n"


def use_hostile_names(world: World) -> None:
    """Put every hostile text into all names that a user can set, on both sides."""
    people = [
        world.add_person(f"nasty{number}@example.com", text, text, email=f"{text}@evil.example")
        for number, text in enumerate(HOSTILE_TEXTS)
    ]
    for text, person in zip(HOSTILE_TEXTS, people, strict=True):
        world.assign(person, by=person)
        group = world.add_group(text)
        world.add_member(group, person)
        world.push_group(group, by=person)
        world.break_group_push(group, text)
        world.add_schema_attribute(f"extra {text}", title=text, by=person)
        world.map_attribute("user", f"extra {text}", f'"{text}"', by=person)
        world.add_user_type(f"type {text}", text, by=person)
        world.add_local_user(username=text, email=f"{text}@evil.example", name=text, role="Admin")
        world.add_service_account(f"robot {text}")
        world.add_team(f"team {text}")
        world.fail_provisioning(person, text)
    person = people[0]
    world.map_attribute("user", "email", f'user.email + "{"".join(HOSTILE_TEXTS)}"', by=person)
    world.set_username_template(f"${{user.email}}{''.join(HOSTILE_TEXTS)}", by=person)
    world.rename_app("".join(HOSTILE_TEXTS), by=person)
    world.show_connection(f"https://evil.example/{MARKUP}")
    world.push_again()


@pytest.fixture
def hostile_target(commands, caplog) -> Any:
    """Audit a clean target, then the same target with hostile names."""
    caplog.set_level(logging.DEBUG)
    commands("run", "--exit-zero")
    commands.world.advance(hours=1)
    use_hostile_names(commands.world)
    commands.outputs = [commands("run"), commands("run", "--format", "json")]
    return commands


def test_a_terminal_shows_hostile_text_without_control_characters(hostile_target, caplog) -> None:
    printed = [text for _, text in hostile_target.outputs] + [hostile_target.errors]
    for line in hostile_target.errors.splitlines():
        assert re.match(r"\{.*\}$|auditor: |warning: ", line), "a line that is none of ours"
    for words in VIEWS:
        code = {"doctor": 1, "plan": 3}.get(
            words[0], 0
        )  # the hostile expression cannot be parsed, so a rule is unknown
        for form in ((), ("--format", "json")):
            exit_code, text = hostile_target(*words, *form)
            assert exit_code == code, words
            assert re.fullmatch(GAPS if words == ("plan",) else "", hostile_target.errors), words
            assert "evil.example" in text or words == ("history",)
            printed.append(text)
        assert json.loads(text)
    for text in printed:
        assert not CONTROLS.search(text)
    assert not CONTROLS.search(caplog.text)
    assert "alert(1)" in printed[0]
    assert "evil.example" in printed[0]


def test_the_page_has_no_active_content(hostile_target) -> None:
    assert hostile_target("report")[0] == 0
    pages = sorted((hostile_target.folder / "reports").rglob("*.html"))
    slack = [file.content for file in hostile_target.sandbox.slack.files.values()]
    assert len(pages) >= 2
    report = next(page for page in pages if page.name != "index.html")
    assert "alert(1)" in Page(report.read_text()).text
    for html in (*(page.read_text() for page in pages), *(each.decode() for each in slack)):
        assert_no_active_content(Page(html))
        assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]", html)


def assert_no_active_content(page: Page) -> None:
    tags = [tag for tag, _ in page.elements]
    assert tags.count("script") <= 1
    assert not {"img", "iframe", "object", "embed", "base"} & set(tags)
    for tag, attributes in page.elements:
        assert not [name for name in attributes if name.startswith("on")]
        if tag == "a":
            assert re.match(r"#|https?://|[\w.-]+$", attributes.get("href") or "#")
            assert "evil.example" not in (attributes.get("href") or "")


def test_slack_gets_plain_text_only(hostile_target) -> None:
    """A storm, and changes."""
    assert_plain_text(hostile_target.sandbox.slack, "alert(1)")


@pytest.mark.parametrize(
    "text", HOSTILE_TEXTS, ids=["markup", "mention", "formula", "control", "path"]
)
def test_slack_gets_an_incident_as_plain_text_only(commands, text) -> None:
    commands("run", "--exit-zero")
    world = commands.world
    world.add_user_type("another", text)
    person = world.add_person("p@example.com", text, text, user_type="another")
    world.assign(person)
    world.map_attribute("another", "email", "user.email", by=person)
    commands("run")
    slack = commands.sandbox.slack
    word = max(re.findall(r"[a-z]+", text), key=len)
    assert_plain_text(slack, word)
    assert any(word in message.text for message in slack.channel.messages.values())


LINKS = {"Open in console", "Log entry"}
"""The links of a message: they lead to Okta and contain no name."""


def assert_plain_text(slack: SlackState, word: str) -> None:
    messages = [each for channel in slack.channels.values() for each in channel.messages.values()]
    leaves = [leaf for message in messages for leaf in leaves_of(message.blocks)]
    assert any(word in leaf.get("text", "") for leaf in leaves)
    assert {leaf["type"] for leaf in leaves} <= {"text", "plain_text", "button", "link"}
    assert {leaf["text"] for leaf in leaves if leaf["type"] == "link"} <= LINKS
    plain = [leaf["text"] for leaf in leaves if leaf["type"] == "plain_text"]
    for text in (*plain, *(message.text for message in messages)):
        assert "<" not in text
    for leaf in leaves:
        assert not CONTROLS.search(leaf.get("text", ""))
        assert "evil.example" not in leaf.get("url", "")


def leaves_of(json_: Any) -> Iterator[dict[str, Any]]:
    """Yield the innermost objects of blocks that have a type."""
    if isinstance(json_, list):
        for each in json_:
            yield from leaves_of(each)
    elif isinstance(json_, dict):
        inner = [each for value in json_.values() for each in leaves_of(value)]
        yield from inner or ([json_] if "type" in json_ else [])


def test_no_cell_is_a_formula_and_every_export_is_valid(hostile_target) -> None:
    code, text = hostile_target("export", "--format", "csv")
    assert code == 0
    cells = [cell for row in csv.reader(io.StringIO(text)) for cell in row]
    assert any("HYPERLINK" in cell for cell in cells)
    assert not [cell for cell in cells if re.match(r"\s*[=+\-@\t\r]", cell)]
    for format_ in ("json", "ocsf"):
        code, text = hostile_target("export", "--format", format_)
        assert code == 0
        assert not CONTROLS.search(text)
        assert all(map(json.loads, text.splitlines() if format_ == "ocsf" else [text]))


def in_ids(path: str) -> Callable[[str], Fault]:
    return lambda _: unknown_value(path, PATH)


@pytest.mark.parametrize(
    ("service", "endpoint", "fault"),
    [
        ("okta", "/api/v1/mappings", in_ids("[].id")),
        ("okta", "/api/v1/mappings", in_ids("[].source.id")),
        ("okta", "/api/v1/apps/*/group-push/mappings", in_ids("[].sourceGroupId")),
        ("okta", "/api/v1/apps/*/users", in_ids("[].id")),
        ("okta", "/api/v1/apps/*/groups", in_ids("[].id")),
        ("okta", "/api/v1/meta/types/user", in_ids("[].id")),
        ("unleash", "/api/admin/user-admin", in_ids("users.[].id")),
        ("unleash", "/api/admin/groups", in_ids("groups.[].id")),
        ("okta", "/api/v1/**", foreign_next),
        ("okta", "/**", redirect),
        ("unleash", "/**", redirect),
    ],
)
def test_no_content_of_an_answer_causes_another_request(
    commands, service: str, endpoint: str, fault: Callable[[str], Fault]
) -> None:
    commands("run", "--exit-zero")
    sandbox = commands.sandbox
    sandbox.requests.clear()
    with serving(answer([])) as elsewhere:
        sandbox.faults.add(service, endpoint, fault(elsewhere.url))
        commands("run", "--exit-zero")
        commands("person", "recovery.one")
        commands("doctor")
    assert sandbox.faults.struck
    assert not elsewhere.requests
    asked = [one for one in sandbox.requests if one.service in {"okta", "unleash"}]
    assert asked
    for one in asked:
        assert ".." not in one.path
        assert find_endpoint(one.service, one.path) in ENDPOINTS or one.path in OPEN_TO_ALL


OPEN_TO_ALL = {"/.well-known/okta-organization", "/health"}
"""Paths that ``auditor doctor`` requests without a credential."""
