"""Commands over what is remembered: findings, changes, history, ack, db."""

from datetime import datetime, timedelta

import pytest

MIRA = "Mira Torres"


def break_email(world):
    world.map_attribute("user", "email", "user.email")


def mend_email(world):
    world.map_attribute("user", "email", "user.login")
    world.push_again()


@pytest.fixture
def drifted(commands):
    """An audit of a clean set-up, then one of a drifted one."""
    commands.audit()
    break_email(commands.world)
    commands.audit()
    return commands


def rules(findings):
    (target,) = findings
    return [each["rule"] for each in target["findings"]]


def test_findings_are_listed_by_where_they_stand(drifted):
    assert rules(drifted.json("findings")) == ["email-not-login", "sso-identifier-differs"]
    assert rules(drifted.json("findings", "--state", "resolved")) == []
    mend_email(drifted.world)
    drifted.audit()
    assert rules(drifted.json("findings")) == []
    (target,) = drifted.json("findings", "--state", "resolved", "--rule", "email-not-login")
    (mended,) = target["findings"]
    assert (mended["resolution"], mended["state"]) == ("mended", "resolved")
    assert mended["due_at"] is None
    assert mended["resolved_after"].startswith("P")
    code, printed = drifted("findings", "--state", "all")
    assert code == 0
    assert "2 findings: 2 resolved" in printed
    assert mended["id"] in printed


def test_what_stands_open_has_an_owner_and_is_due(drifted):
    with drifted.config.open("a") as file:
        file.write('[sla]\nhigh = "2 days"\n[owners]\nsandbox = "Identity team"\n')
    (target,) = drifted.json("findings", "--rule", "email-not-login")
    (open_,) = target["findings"]
    due = datetime.fromisoformat(open_["opened_at"]) + timedelta(days=2)
    assert datetime.fromisoformat(open_["due_at"]) == due
    assert (open_["owner"], open_["resolved_after"]) == ("Identity team", None)
    _, printed = drifted("findings")
    words = " ".join(printed.split())
    assert "owner Identity team" in words
    assert f"due {due:%Y-%m-%d %H:%M} UTC" in words


def test_the_worst_finding_is_listed_first(drifted):
    drifted.world.see("recovery.one", days_ago=120)
    drifted.world.set_scim(enabled=False)
    drifted.audit()
    printed = drifted("findings")[1]
    first = printed.index("HIGH      email-not-login")
    assert first < printed.index("HIGH      scim-disabled") < printed.index("MEDIUM    recovery")


def test_a_rule_that_is_none_is_refused(drifted):
    assert drifted("findings", "--rule", "emial-not-login")[0] == 2
    assert "did you mean 'email-not-login'?" in drifted.complaints


def test_changes_say_what_when_and_who(drifted):
    ((change,),) = (each["changes"] for each in drifted.json("changes"))
    assert change["path"].endswith(".email.expression")
    assert (change["before"], change["after"]) == ("user.login", "user.email")
    assert [each["name"] for each in change["suspects"]] == [MIRA]
    code, printed = drifted("changes", "--since", "1h")
    assert code == 0
    assert "user.login → user.email" in printed
    assert f"by {MIRA}, " in printed
    assert "/report/system_log_2?search=uuid%20eq" in printed
    assert "1 change since" in printed


def test_that_there_is_none_says_what_that_is_worth(commands):
    commands.audit()
    assert "No open finding; no rule was blind in the last audit." in commands("findings")[1]
    assert "No resolved finding.\n" in commands("findings", "--state", "resolved")[1]
    assert "No change of the set-up was seen since" in commands("changes")[1]
    commands.world.okta_permissions.remove("okta.logs.read")
    commands("run", "--exit-zero")
    _, printed = commands("findings", "--rule", "not-steady")
    assert "No open finding of not-steady, but " in printed
    assert "could not see everything (`auditor history`)." in " ".join(printed.split())


def test_an_attribute_that_went_is_one_change(commands):
    commands.world.add_schema_attribute("title", title="Title", external_name="title")
    commands.world.map_attribute("user", "title", "user.title")
    commands.audit()
    commands.world.remove_schema_attribute("title")
    commands.audit()
    _, printed = commands("changes")
    assert "schema[title] " in printed
    assert "schema[title].title" not in printed
    assert "pushStatus" not in printed


def test_history_says_how_complete_each_audit_was(drifted):
    drifted.world.okta_permissions.remove("okta.profileMappings.read")
    drifted("run")
    (target,) = drifted.json("history")
    assert [run["counts"]["open"]["high"] for run in target["runs"]] == [0, 2, 2]
    assert "okta.mappings" in target["runs"][-1]["missing"]
    code, printed = drifted("history")
    assert code == 0
    before, after = printed.split("rules blind")
    assert before.count("no rule blind") == 2
    assert "nothing open" in before
    assert "okta.mappings: forbidden (403) at GET /api/v1/mappings" in after
    assert len(drifted.json("history", "-n", "1")[0]["runs"]) == 1
    assert drifted("history", "-n", "0")[0] == 2


def test_what_hid_several_parts_is_said_once(commands, monkeypatch):
    monkeypatch.setenv("SANDBOX_OKTA_TOKEN", "00revoked")
    commands("run", "--exit-zero")
    _, printed = commands("history")
    assert printed.count("(401)") == 1
    assert "  okta.app, okta.app_groups, okta.app_schema" in printed


@pytest.mark.parametrize(
    "words",
    [
        ("history",),
        ("findings",),
        ("changes",),
        ("plan",),
        ("report",),
        ("export",),
        ("ack", "email-not-login", "--until", "3d", "--reason", "x"),
        ("db", "adopt", "sandbox"),
        ("db", "forget", "ada@example.com"),
    ],
)
def test_where_nothing_was_audited_a_reader_says_so_and_leaves_nothing(commands, words):
    before = set(commands.folder.iterdir())
    code, printed = commands(*words)
    assert (code, printed) == (2, "")
    said = "auditor.db: nothing was audited yet (`auditor run` begins the history)"
    assert said in commands.complaints
    assert set(commands.folder.iterdir()) == before


def test_what_was_never_audited_is_said_and_what_is_unknown_refused(commands):
    commands("db", "upgrade")
    for command in ("findings", "changes", "history"):
        printed = commands(command)[1]
        assert "never audited" in printed
        assert "No " not in printed
        assert commands(command, "-t", "sandbx")[0] == 2
        assert "did you mean 'sandbox'?" in commands.complaints


def test_history_needs_no_token_and_asks_nobody(drifted, monkeypatch):
    for name in ("SANDBOX_OKTA_TOKEN", "SANDBOX_UNLEASH_TOKEN"):
        monkeypatch.delenv(name)
    requests = len(drifted.sandbox.requests)
    for command in ("findings", "changes", "history", "plan"):
        assert drifted(command)[0] == 0
    assert len(drifted.sandbox.requests) == requests


@pytest.mark.parametrize("by", ["the rule", "the finding"])
def test_an_acknowledged_incident_says_so_in_its_thread(drifted, by):
    (target,) = drifted.json("findings", "--rule", "email-not-login")
    name = "email-not-login" if by == "the rule" else target["findings"][0]["id"]
    words = ("--until", "3d", "--reason", "change window", "--by", "Ro Ott")
    code, printed = drifted("ack", name, *words)
    assert (code, drifted.complaints) == (0, "")
    assert printed.startswith("sandbox: no reminder of email-not-login until 2")
    told = drifted.sandbox.slack.transcript()
    assert "Ro Ott" in told
    assert "change window" in told
    (target,) = drifted.json("findings", "--rule", "email-not-login")
    assert target["findings"][0]["ack"]["reason"] == "change window"
    _, printed = drifted("findings")
    assert printed.count("UTC, Ro Ott: change window") == 1


def test_what_is_not_open_cannot_be_acknowledged(drifted):
    words = ("--until", "3d", "--reason", "x")
    assert drifted("ack", "scim-disabled", *words)[0] == 2
    assert drifted.complaints.startswith("auditor: no open incident is called 'scim-disabled'")
    assert drifted("ack", "email-not-login", "--until", "2020-01-01", "--reason", "x")[0] == 2
    assert "that is over already" in drifted.complaints
    assert drifted("ack", "email-not-login", "--until", "soon", "--reason", "x")[0] == 2


def test_an_acknowledgement_that_could_not_be_told_is_kept(drifted):
    drifted.sandbox.slack.fail("chat.postMessage", "invalid_auth", times=50)
    code, _ = drifted("ack", "email-not-login", "--until", "3d", "--reason", "change window")
    assert code == 4
    assert "not told: " in drifted.complaints


@pytest.mark.parametrize("blank", ["--reason", "--by"])
def test_an_acknowledgement_says_who_and_why(drifted, blank):
    words = {"--until": "3d", "--reason": "x", "--by": "Ada"} | {blank: " "}
    code, _ = drifted("ack", "email-not-login", *(word for pair in words.items() for word in pair))
    assert code == 2
    assert f"argument {blank}: it is blank; write " in drifted.complaints
    assert drifted("ack", "email-not-login", "--until", "3d", "--reason", "x")[0] == 0


def test_how_long_can_be_written_is_said_in_full(drifted):
    code, _ = drifted("ack", "email-not-login", "--until", "tomorrow", "--reason", "x")
    assert code == 2
    for example in ("2027-01-31", "2027-01-31T08:00Z", "3d", "'2 weeks'"):
        assert example in drifted.complaints


def test_an_end_beyond_the_calendar_is_refused(drifted):
    code, _ = drifted("ack", "email-not-login", "--until", "999999w", "--reason", "x")
    assert code == 2
    assert "--until" in drifted.complaints


def test_a_second_acknowledgement_says_whose_it_replaces(drifted):
    first = ("--until", "2099-01-31", "--reason", "vendor ticket", "--by", "Ada")
    assert "instead" not in drifted("ack", "email-not-login", *first)[1]
    second = ("--until", "2099-03-31", "--reason", "longer", "--by", "Ben")
    _, printed = drifted("ack", "email-not-login", *second)
    assert "until 2099-03-31 00:00 UTC, instead of Ada's until 2099-01-31 00:00 UTC" in printed
    (known,) = drifted.json("ack", "email-not-login", *first)
    assert (known["ack"]["by"], known["instead_of"]["by"]) == ("Ada", "Ben")


def test_a_renamed_target_keeps_its_history(drifted):
    assert drifted("db", "rename", "sandbox", "live")[0] == 0
    drifted.config.write_text(drifted.config.read_text().replace('"sandbox"', '"live"'))
    (target,) = drifted.json("history")
    assert (target["target"], len(target["runs"])) == ("live", 2)
    drifted.audit()
    assert len(drifted.json("history")[0]["runs"]) == 3
    assert drifted("db", "rename", "sandbox", "other")[0] == 2
    assert "no target 'sandbox' in history" in drifted.complaints


def test_a_target_that_points_elsewhere_is_audited_once_it_is_adopted(drifted):
    drifted.world.unleash.id = drifted.world.ids.uuid()
    assert drifted("run")[0] == 2
    assert "`auditor db adopt sandbox`" in drifted.complaints
    assert drifted("db", "adopt", "sandbox")[0] == 0
    drifted.audit()


def test_a_person_who_is_forgotten_is_named_nowhere(drifted):
    assert MIRA in drifted("changes")[1]
    code, printed = drifted("db", "forget", MIRA)
    assert code == 0
    assert "changed or dropped" in printed
    assert MIRA not in drifted("changes")[1]
    assert "Nothing is kept under" in drifted("db", "forget", MIRA)[1]


def test_an_upgrade_of_what_is_up_to_date_changes_nothing(drifted):
    before = drifted.json("history")
    assert drifted("db", "upgrade")[0] == 0
    assert drifted.json("history") == before


def test_what_is_done_is_told_to_scripts_too(drifted):
    words = ("--until", "2099-01-31", "--reason", "change window", "--by", "Ada")
    (known,) = drifted.json("ack", "email-not-login", *words)
    assert (known["target"], known["rule"]) == ("sandbox", "email-not-login")
    assert known["ack"]["until"].startswith("2099-01-31")
    assert drifted.json("db", "upgrade") == {"upgraded": True}
    assert drifted.json("db", "adopt", "sandbox") == {"adopted": "sandbox"}
    assert drifted.json("db", "forget", "nobody@example.com") == {"entries": 0}
    assert drifted.json("db", "rename", "sandbox", "live") == {"renamed": "sandbox", "to": "live"}
