import base64
import hashlib
import re
from html.parser import HTMLParser

import pytest
from msgspec.structs import replace

from auditor.deliver.html import render
from auditor.judge.findings import State
from auditor.rule import Affected, Evidence, Remedy, Severity
from tests.unit.reporting import (
    EMAIL_REMEDY,
    ago,
    bound,
    change,
    email_not_login,
    finding,
    person,
    report,
    run,
)

RULES = ("login-mismatch", "user-not-provisioned", "user-not-removed", "unmanaged-user")


class Page(HTMLParser):
    """What a browser would see: elements with their attributes, and the text between them."""

    def __init__(self, html):
        super().__init__()
        self.elements = []
        self.words = []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.words.append(data)

    @property
    def text(self):
        return " ".join(" ".join(self.words).split())

    def all(self, tag):
        return [attributes for each, attributes in self.elements if each == tag]


def many(count, more=""):
    """Return a week with so many findings, a message and people as long as real ones."""
    return report(
        email_not_login(*(person(n, "Okta sends a@acme.example") for n in range(100))),
        *(
            finding(
                RULES[number % len(RULES)],
                f"00u{number:017}",
                affected=(person(number),),
                opened_at=ago(number % 40),
                message=(
                    f"Person {number} is assigned in Okta, but the account in Unleash carries "
                    f"person{number}@acme.example and not the login.{more}"
                ),
                remedy=EMAIL_REMEDY,
                evidence=(
                    Evidence(
                        collection="unleash.users",
                        field="email",
                        seen=f"person{number}@acme.example",
                        wanted=f"person.{number}@acme.example",
                    ),
                ),
            )
            for number in range(count - 1)
        ),
        rules=tuple(bound(each) for each in ("email-not-login", *RULES)),
    )


@pytest.mark.parametrize(("count", "limit"), [(500, 300_000), (10_000, 1_000_000)])
def test_a_page_stays_small_however_much_is_wrong(count, limit):
    html = render(many(count, "é" * 900))
    assert len(html.encode()) <= limit
    assert f"{count:,} things are wrong." in Page(html).text


def test_of_five_hundred_findings_each_is_told():
    page = Page(render(many(500)))
    told = {attributes.get("id", "") for _, attributes in page.elements}
    assert {f"f-{each.id}" for each in many(500).findings} <= told


def test_of_ten_thousand_findings_the_tail_is_counted_and_no_rule_is_forgotten():
    html = render(many(10_000))
    left_out = re.findall(r"and ([\d,]+) more, which", html)
    shown = len(set(re.findall(r' id="f-([0-9a-f]{16})"', html)))
    assert sum(int(each.replace(",", "")) for each in left_out) + shown == 10_000
    assert set(re.findall(r'data-rule="([^"]+)"', html)) == {"email-not-login", *RULES}


def test_a_finding_answers_the_five_questions():
    told = Page(
        render(report(email_not_login(person(1), opened_at=ago(2)), changes=(change(),)))
    ).text
    for answer in (
        "Okta sends user.email as the email",
        "Since when 21 Nov 2026, 08:40 UTC",
        "Who changed it Grace Lindqvist",
        "Whom it hurts 1 person: Person 1",
        "Seen Wanted okta.mappings properties.email.expression user.email user.login",
        "How it is put back Map Email to user.login and save.",
        "POST /api/v1/mappings/prm1",
    ):
        assert answer in told


HOSTILE = [
    "<script>alert(1)</script>",
    "\"><img src=x onerror='alert(1)'>",
    "{{ 7 * 7 }}{% raw %}",
    "]]></style><!--",
    "\N{RIGHT-TO-LEFT OVERRIDE}gnp.exe",
    "שלום עולם",
    "👩‍👩‍👧‍👦🏴󠁧󠁢󠁳󠁣󠁴󠁿" * 40,
    "W" * 20_000,
    "a\x00b\x1b[31mc\x7fd\x9be\ud800f\uffff",
    "line\nbreak\ttab",
]


@pytest.mark.parametrize("name", HOSTILE, ids=range(len(HOSTILE)))
def test_whatever_people_are_called_stays_text(name):
    someone = Affected(id=name, name=name, detail=name)
    html = render(
        report(
            email_not_login(
                someone,
                message=name,
                evidence=(Evidence(collection="c", field=name, seen=name, wanted=name),),
                remedy=Remedy(steps=(name,), api=name, terraform=name, link=f"javascript:{name}"),
            ),
            replace(finding(), subject=name, attribute=name),
            finding(subject="gone", message=name, state=State.RESOLVED),
            changes=(change(path=name, before=name, after=name),),
        )
    )
    page = Page(html)
    html.encode()
    assert len(page.all("script")) == len(page.all("style")) == 1
    assert page.all("img") == []
    assert {key for _, each in page.elements for key in each if key.startswith("on")} == set()
    assert not any("javascript:" in (each.get("href") or "") for each in page.all("a"))
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]", html)
    assert "W" * 5_000 not in html


def test_the_policy_allows_our_style_and_our_script_and_nothing_else():
    html = render(report(finding()))
    [policy] = [
        each["content"]
        for each in Page(html).all("meta")
        if each.get("http-equiv") == "Content-Security-Policy"
    ]
    for tag in ("style", "script"):
        text = html.partition(f"<{tag}>")[2].partition(f"</{tag}>")[0]
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy
    assert policy.startswith("default-src 'none'; ")
    assert "unsafe" not in policy


def test_nothing_is_fetched():
    page = Page(render(report(email_not_login(person(1)), changes=(change(),))))
    loading = [
        (tag, key)
        for tag, attributes in page.elements
        for key in attributes
        if key in {"src", "srcset", "data", "poster", "action", "style"}
        or (key == "href" and tag != "a")
    ]
    assert loading == []


def test_every_link_within_the_page_leads_somewhere():
    page = Page(render(many(600)))
    places = {each["id"] for _, each in page.elements if "id" in each}
    links = {each["href"][1:] for each in page.all("a") if each["href"].startswith("#")}
    assert links <= places


def test_ids_are_used_once():
    resolved = finding(subject="gone", state=State.RESOLVED, resolved_at=ago(1))
    page = Page(render(report(email_not_login(), finding(), resolved)))
    ids = [each["id"] for _, each in page.elements if "id" in each]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize(
    "seen",
    [
        report(),
        report(runs=()),
        report(rules=()),
        report(runs=(run(ago(1)), run()), weeks=(run(ago(9)),)),
        report(finding(message="", state=State.RESOLVED)),
        report(finding("its-rule-is-gone")),
    ],
    ids=["clean", "no run", "no rule", "weeks", "names dropped", "rule gone"],
)
def test_a_page_comes_of_little(seen):
    assert seen.headline.verdict in Page(render(seen)).text


def test_severity_is_never_told_by_colour_alone():
    page = Page(render(report(*(finding(subject=each, severity=each) for each in Severity))))
    for severity in Severity:
        assert severity.capitalize() in page.text
