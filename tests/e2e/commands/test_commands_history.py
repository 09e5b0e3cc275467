"""Commands on stored data: findings, changes, history, ack, db."""

import csv
import re
from datetime import datetime, timedelta
from io import StringIO

import pytest

from tests.support.drift import break_email, fix_email

MIRA = "Mira Torres"


def rules(findings):
    (target,) = findings
    return [each["rule"] for each in target["findings"]]


def test_each_output_states_how_many_findings_are_grouped(commands):
    people = [person.login for person in commands.world.okta.people.values()][:2]
    break_email(commands.world)
    for number, person in enumerate(people):
        commands.world.rename_person(person, email=f"private{number}@mail.example")
    commands.audit()
    _, listed = commands("findings", "--all")
    total = int(listed.split(" open finding")[0].split()[-1])
    _, causes = commands("findings")
    found = re.search(r"^(\d+) causes?, (\d+) open findings and (\d+) grouped ", causes)
    assert found, causes
    number, open_, grouped = map(int, found.groups())
    assert open_ == total
    assert f"{open_ + grouped} findings ({grouped} grouped)" in causes
    _, run = commands("run")
    assert f"{number} cause" in run
    assert f"{open_ + grouped} findings ({grouped} grouped)" in run


def test_findings_are_listed_by_state(drifted):
    assert rules(drifted.json("findings")) == ["email-not-login", "sso-identifier-differs"]
    assert rules(drifted.json("findings", "--state", "resolved")) == []
    fix_email(drifted.world)
    drifted.audit()
    assert rules(drifted.json("findings")) == []
    (target,) = drifted.json("findings", "--state", "resolved", "--rule", "email-not-login")
    (resolved,) = target["findings"]
    assert (resolved["resolution"], resolved["state"]) == ("fixed", "resolved")
    assert resolved["due_at"] is None
    assert resolved["resolved_after"].startswith("P")
    code, printed = drifted("findings", "--state", "all")
    assert code == 0
    assert "2 findings · sandbox" in printed
    assert resolved["id"][:7] in printed


def test_an_open_finding_has_an_owner_and_a_due_date(drifted):
    with drifted.config.open("a") as file:
        file.write('[sla]\ncritical = "2 days"\n[owners]\nsandbox = "Identity team"\n')
    (target,) = drifted.json("findings", "--rule", "email-not-login")
    (open_,) = target["findings"]
    due = datetime.fromisoformat(open_["opened_at"]) + timedelta(days=2)
    assert datetime.fromisoformat(open_["due_at"]) == due
    assert (open_["owner"], open_["resolved_after"]) == ("Identity team", None)
    _, printed = drifted("findings", open_["id"])
    words = " ".join(printed.split())
    assert "Owner Identity team" in words
    assert f"due {due:%Y-%m-%dT%H:%M}Z" in words


def test_the_worst_finding_is_listed_first(drifted):
    drifted.world.see("recovery.one", days_ago=120)
    drifted.world.set_scim(enabled=False)
    drifted.audit()
    printed = drifted("findings")[1]
    first = printed.index("email-not-login")
    assert first < printed.index("scim-disabled ") < printed.index("recovery-admin-at-risk")
    assert printed.index("high ") < printed.index("medium ")


def test_an_unknown_rule_is_refused(drifted):
    assert drifted("findings", "--rule", "emial-not-login")[0] == 2
    assert 'did you mean "email-not-login"?' in drifted.errors


def test_a_change_has_both_values_its_time_and_its_author(drifted):
    ((change,),) = (each["changes"] for each in drifted.json("changes"))
    assert change["path"].endswith(".email.expression")
    assert (change["before"], change["after"]) == ("user.login", "user.email")
    assert [each["name"] for each in change["actors"]] == [MIRA]
    code, printed = drifted("changes", "--since", "1h")
    assert code == 0
    assert "user.login → user.email" in printed
    assert f"Changed by: {MIRA}, " in printed
    assert "/report/system_log_2?search=uuid%20eq" in printed
    assert "1 change since" in printed


def test_an_empty_list_names_the_rules_that_were_not_evaluated(commands):
    commands.audit()
    printed = commands("findings")[1]
    assert "No open finding · sandbox" in printed
    assert "not evaluated" not in printed
    assert "No resolved finding · sandbox" in commands("findings", "--state", "resolved")[1]
    assert "No configuration change was found since" in commands("changes")[1]
    commands.world.okta_permissions.remove("okta.logs.read")
    commands("run", "--exit-zero")
    _, printed = commands("findings", "--rule", "not-steady")
    assert "No open finding of the rule not-steady" in printed
    words = " ".join(printed.split())
    assert "not evaluated: this list may be incomplete. See `auditor history`." in words


def test_a_removed_attribute_is_one_change(commands):
    commands.world.add_schema_attribute("title", title="Title", external_name="title")
    commands.world.map_attribute("user", "title", "user.title")
    commands.audit()
    commands.world.remove_schema_attribute("title")
    commands.audit()
    _, printed = commands("changes")
    assert "Attribute title: removed\n  okta.app_schema schema[title]\n" in printed
    assert "schema[title].title" not in printed
    assert "pushStatus" not in printed


def test_changes_name_what_they_are_about_also_after_a_removal(commands):
    world = commands.world
    world.add_user_type("contractor")
    engineers = world.add_group("Engineers")
    world.push_group(engineers)
    account = world.add_local_user(username="jo", name="Jo Vance", role="Admin")
    team = world.add_team("Operators", role="Viewer")
    commands.audit()
    world.remove_mapping("contractor")
    world.stop_group_push(engineers)
    world.remove_user(account.id)
    world.set_team_role(team, "Editor")
    commands.audit()
    printed = commands("changes")[1].replace("\N{SINGLE RIGHT-POINTING ANGLE QUOTATION MARK}", ">")
    for words in (
        "Attribute mapping > Email (user type Contractor): removed, was user.login",
        "Group push > Engineers: removed",
        "Unleash > Admins > Jo Vance: removed",
        "Unleash > Group Operators > Root role: Viewer → Editor",
    ):
        assert words in printed
    assert "oty" not in "".join(line for line in printed.splitlines() if line[:1].isalpha())


def test_history_shows_the_coverage_of_each_audit(drifted):
    drifted.world.okta_permissions.remove("okta.profileMappings.read")
    drifted("run")
    (target,) = drifted.json("history")
    assert [audit["counts"]["open"]["high"] for audit in target["audits"]] == [0, 1, 1]
    assert [audit["counts"]["open"]["critical"] for audit in target["audits"]] == [0, 1, 1]
    assert "okta.mappings" in target["audits"][-1]["missing"]
    code, printed = drifted("history")
    assert code == 0
    before, after = printed.split("rules not evaluated")
    assert before.count("complete") == 2
    assert "no open finding" in before
    assert "okta.mappings: forbidden (403) at GET /api/v1/mappings" in after
    assert len(drifted.json("history", "-n", "1")[0]["audits"]) == 1
    assert drifted("history", "-n", "0")[0] == 2


def test_a_cause_of_several_missing_collections_is_printed_once(commands, monkeypatch):
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
def test_without_an_audit_each_reading_command_is_refused_and_creates_nothing(commands, words):
    before = set(commands.folder.iterdir())
    code, printed = commands(*words)
    assert (code, printed) == (2, "")
    assert "auditor.db: " in commands.errors
    assert "`auditor run`" in commands.errors
    assert set(commands.folder.iterdir()) == before


def test_a_target_without_an_audit_is_named_and_an_unknown_one_refused(commands):
    commands("db", "upgrade")
    for command in ("findings", "changes", "history"):
        printed = commands(command)[1]
        assert "never audited" in printed
        assert "No open" not in printed
        assert commands(command, "-t", "sandbx")[0] == 2
        assert 'did you mean "sandbox"?' in commands.errors


def test_stored_results_need_no_token_and_no_request(drifted, monkeypatch):
    for name in ("SANDBOX_OKTA_TOKEN", "SANDBOX_UNLEASH_TOKEN"):
        monkeypatch.delenv(name)
    requests = len(drifted.sandbox.requests)
    for command in ("findings", "changes", "history", "plan"):
        assert drifted(command)[0] == 0
    assert len(drifted.sandbox.requests) == requests


@pytest.mark.parametrize("by", ["the rule", "the finding", "the first digits of its id"])
def test_an_acknowledgement_is_posted_in_the_thread(drifted, by):
    (target,) = drifted.json("findings", "--rule", "email-not-login")
    id_ = target["findings"][0]["id"]
    name = {"the rule": "email-not-login", "the finding": id_}.get(by, id_[:7])
    words = ("--until", "3d", "--reason", "change window", "--by", "Ro Ott")
    code, printed = drifted("ack", name, *words)
    assert (code, drifted.errors) == (0, "")
    assert printed.startswith("sandbox: no reminders of email-not-login until 2")
    transcript = drifted.sandbox.slack.transcript()
    assert "Ro Ott" in transcript
    assert "change window" in transcript
    (target,) = drifted.json("findings", "--rule", "email-not-login")
    assert target["findings"][0]["acknowledgement"]["reason"] == "change window"
    _, printed = drifted("findings", target["findings"][0]["id"])
    assert printed.count(": change window") == 1


def test_the_reminders_of_an_acknowledged_incident_are_resumed(drifted):
    assert drifted("ack", "email-not-login", "--resume")[0] == 2
    assert "this incident is not acknowledged: its reminders are on" in drifted.errors
    assert drifted("ack", "email-not-login", "--until", "3d", "--reason", "x")[0] == 0
    code, printed = drifted("ack", "email-not-login", "--resume", "--by", "Ro Ott")
    assert (code, drifted.errors) == (0, "")
    assert printed == "sandbox: reminders of email-not-login resumed\n"
    assert "Reminders resumed by Ro Ott." in drifted.sandbox.slack.transcript()
    (target,) = drifted.json("findings", "--rule", "email-not-login")
    assert target["findings"][0]["acknowledgement"] is None
    (target,) = drifted.json("history")
    assert [each["kind"] for each in target["actions"]] == ["resume", "acknowledge", "resume"]
    assert drifted("ack", "email-not-login", "--resume", "--until", "3d")[0] == 2


def test_the_first_digits_of_an_unknown_id_are_refused(drifted):
    listed = "(`auditor findings --all` lists the ids)"
    too_short = f"too short for an id, which has at least 4 characters {listed}"
    for digits, because in (("0f", too_short), ("0" * 7, "no finding has this id (`auditor")):
        code, _ = drifted("assign", digits, "--to", "Identity team")
        assert (code, because in drifted.errors) == (2, True)


def test_a_critical_incident_is_acknowledged_for_seven_days_at_most(drifted):
    for until in ("fixed", "8d", "2099-01-31"):
        code, _ = drifted("ack", "email-not-login", "--until", until, "--reason", "x")
        assert code == 2
        assert "this incident can be acknowledged for 7 days at most" in drifted.errors
        assert drifted.errors.endswith("(use --until 7d or less)\n")
    assert drifted("ack", "email-not-login", "--until", "7d", "--reason", "x")[0] == 0
    (target,) = drifted.json("history")
    assert [each["outcome"] for each in target["actions"]] == ["refused"] * 3 + ["done"]


def test_an_incident_that_is_not_critical_is_acknowledged_until_it_is_fixed(commands):
    commands.audit()
    commands.world.switch_push("PUSH_NEW_USERS", on=False)
    commands.audit()
    words = ("push-flag-off", "--until", "fixed", "--reason", "next release", "--by", "Ada")
    code, printed = commands("ack", *words)
    assert (code, commands.errors) == (0, "")
    assert printed == "sandbox: no reminders of push-flag-off until it is fixed\n"
    assert "No reminders until it is fixed." in commands.sandbox.slack.transcript()
    _, printed = commands("history")
    assert "Acknowledged until it is fixed: next release\n" in printed
    assert "by Ada" in printed


def test_an_owner_is_shown_everywhere(drifted):
    code, printed = drifted("assign", "email-not-login", "--to", "Identity team", "--by", "Ada")
    assert (code, drifted.errors) == (0, "")
    assert printed == "sandbox: email-not-login is assigned to Identity team\n"
    (target,) = drifted.json("findings", "--owner", "Identity team")
    assert {each["rule"] for each in target["findings"]} == {
        "email-not-login",
        "sso-identifier-differs",
    }
    posted = drifted.sandbox.slack.transcript()
    assert "Assigned by Ada to Identity team." in posted
    assert "Owner Identity team" in posted
    drifted.audit()
    assert "Owner Identity team" in drifted.sandbox.slack.transcript()
    assert "Assigned to Identity team\n" in drifted("history")[1]
    (report,) = drifted.json("export")["reports"]
    assert {each["owner"] for each in report["causes"]} == {"Identity team"}
    assert [(each["kind"], each["by"]) for each in report["actions"]] == [("assign", "Ada")]
    assert drifted("report")[0] == 0


def test_an_assignment_that_is_repeated_has_no_second_reply(drifted):
    words = ("assign", "email-not-login", "--to", "Identity team", "--by", "Ada")
    first, again = drifted(*words), drifted(*words)
    assert first == again
    assert drifted.sandbox.slack.transcript().count("Assigned by Ada to Identity team.") == 1
    drifted("assign", "email-not-login", "--to", "IAM", "--by", "Ada")
    assert "Assigned by Ada to IAM." in drifted.sandbox.slack.transcript()


def test_only_an_open_incident_can_be_assigned(drifted):
    assert drifted("assign", "scim-disabled", "--to", "IAM")[0] == 2
    assert drifted.errors.startswith("auditor: scim-disabled: no open incident has this id")
    assert drifted("assign", "email-not-login", "--to", " ")[0] == 2
    assert "--to: the text is blank" in drifted.errors


def test_only_an_open_incident_can_be_acknowledged(drifted):
    words = ("--until", "3d", "--reason", "x")
    assert drifted("ack", "scim-disabled", *words)[0] == 2
    assert drifted.errors.startswith("auditor: scim-disabled: no open incident has this id")
    assert drifted("ack", "email-not-login", "--until", "2020-01-01", "--reason", "x")[0] == 2
    assert "2020-01-01T00:00Z is in the past (use a later date" in drifted.errors
    assert drifted("ack", "email-not-login", "--until", "soon", "--reason", "x")[0] == 2


def test_an_undelivered_acknowledgement_is_kept(drifted):
    drifted.sandbox.slack.fail("chat.postMessage", "invalid_auth", times=50)
    code, _ = drifted("ack", "email-not-login", "--until", "3d", "--reason", "change window")
    assert code == 4
    assert "not delivered: " in drifted.errors


@pytest.mark.parametrize("blank", ["--reason", "--by"])
def test_an_acknowledgement_needs_a_name_and_a_reason(drifted, blank):
    words = {"--until": "3d", "--reason": "x", "--by": "Ada"} | {blank: " "}
    code, _ = drifted("ack", "email-not-login", *(word for pair in words.items() for word in pair))
    assert code == 2
    assert f"{blank}: the text is blank" in drifted.errors
    assert drifted("ack", "email-not-login", "--until", "3d", "--reason", "x")[0] == 0


def test_the_error_of_a_wrong_date_lists_all_forms(drifted):
    code, _ = drifted("ack", "email-not-login", "--until", "tomorrow", "--reason", "x")
    assert code == 2
    for example in ("2027-01-31", "2027-01-31T08:00Z", "3d", "'2 weeks'"):
        assert example in drifted.errors


def test_a_date_out_of_range_is_refused(drifted):
    code, _ = drifted("ack", "email-not-login", "--until", "999999w", "--reason", "x")
    assert code == 2
    assert "--until" in drifted.errors


def test_a_second_acknowledgement_names_the_replaced_one(drifted):
    first = ("--until", "3d", "--reason", "vendor ticket", "--by", "Ada")
    _, printed = drifted("ack", "email-not-login", *first)
    assert "replaces" not in printed
    ends = printed.split()[-1]
    second = ("--until", "6d", "--reason", "longer", "--by", "Ben")
    _, printed = drifted("ack", "email-not-login", *second)
    assert printed.endswith(f"; this replaces Ada's, until {ends}\n")
    (known,) = drifted.json("ack", "email-not-login", *first)
    assert (known["acknowledgement"]["by"], known["instead_of"]["by"]) == ("Ada", "Ben")


def test_a_renamed_target_keeps_its_history(drifted):
    assert drifted("db", "rename", "sandbox", "live")[0] == 0
    drifted.config.write_text(drifted.config.read_text().replace('"sandbox"', '"live"'))
    (target,) = drifted.json("history")
    assert (target["target"], len(target["audits"])) == ("live", 2)
    drifted.audit()
    assert len(drifted.json("history")[0]["audits"]) == 3
    assert drifted("db", "rename", "sandbox", "other")[0] == 2
    assert 'has no target "sandbox" (stored targets: live)' in drifted.errors


def test_a_target_with_another_instance_is_audited_after_it_is_adopted(drifted):
    drifted.world.unleash.id = drifted.world.ids.uuid()
    assert drifted("run")[0] == 2
    assert "`auditor db adopt sandbox`" in drifted.errors
    assert drifted("db", "adopt", "sandbox")[0] == 0
    drifted.audit()


def test_adopting_a_target_that_did_not_move_loses_no_change(drifted):
    assert drifted("db", "adopt", "sandbox")[0] == 0
    drifted.world.switch_push("PUSH_NEW_USERS", on=False)
    drifted.audit()
    (change,) = drifted.json("changes")[-1:]
    assert "PUSH_NEW_USERS" in str(change)


def test_a_forgotten_person_is_removed_from_stored_data(drifted):
    assert MIRA in drifted("changes")[1]
    code, printed = drifted("db", "forget", MIRA)
    assert code == 0
    assert "changed or deleted" in printed
    assert MIRA not in drifted("changes")[1]
    assert "No entry contains" in drifted("db", "forget", MIRA)[1]


def test_an_upgrade_of_a_current_database_changes_nothing(drifted):
    before = drifted.json("history")
    assert drifted("db", "upgrade")[0] == 0
    assert drifted.json("history") == before


def test_each_changing_command_has_json_output(drifted):
    words = ("--until", "3d", "--reason", "change window", "--by", "Ada")
    (known,) = drifted.json("ack", "email-not-login", *words)
    assert (known["target"], known["rule"]) == ("sandbox", "email-not-login")
    assert known["acknowledgement"]["reason"] == "change window"
    (known,) = drifted.json("assign", "email-not-login", "--to", "IAM", "--by", "Ada")
    assert (known["target"], known["owner"]["name"]) == ("sandbox", "IAM")
    assert drifted.json("db", "upgrade") == {"upgraded": True}
    assert drifted.json("db", "adopt", "sandbox") == {"adopted": "sandbox"}
    assert drifted.json("db", "forget", "unknown@example.com") == {"entries": 0}
    assert drifted.json("db", "rename", "sandbox", "live") == {"renamed": "sandbox", "to": "live"}


def ids(printed):
    """Return the ids in the first column of a table."""
    return re.findall(r"^([0-9a-f]{7})  ", printed, re.MULTILINE)


def test_the_tables_have_ids_and_whole_subjects_in_eighty_columns(drifted, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    (target,) = drifted.json("findings")
    code, printed = drifted("findings")
    assert (code, ids(printed)) == (0, [target["findings"][0]["cause"][:7]])
    assert "1 cause, 2 open findings · sandbox" in printed
    assert "email-not-login, sso-identifier-differs: 2 findings" in printed
    code, printed = drifted("findings", "--all")
    assert code == 0
    assert ids(printed) == [each["id"][:7] for each in target["findings"]]
    for each in target["findings"]:
        subject = "/".join(filter(None, (each["subject"], each["attribute"])))
        assert f"\n         {each['rule']} {subject}\n" in printed
    assert max(map(len, printed.splitlines())) <= 80


def test_filters_choose_findings(drifted):
    with drifted.config.open("a") as file:
        file.write('[sla]\ncritical = "2 days"\n[owners]\nsandbox = "Identity team"\n')
    both = rules(drifted.json("findings"))
    assert rules(drifted.json("findings", "--owner", "Identity team")) == both
    assert rules(drifted.json("findings", "--owner", "IT")) == []
    assert rules(drifted.json("findings", "--severity", "low")) == []
    assert rules(drifted.json("findings", "--overdue")) == []
    assert rules(drifted.json("findings", "--state", "waived")) == []
    assert rules(drifted.json("findings", "--rule", both[0])) == both[:1]


def test_csv_has_times_that_spreadsheets_read_as_dates(drifted):
    code, printed = drifted("findings", "--format", "csv")
    first, *_ = csv.DictReader(StringIO(printed))
    assert code == 0
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", first["first_seen_utc"])
    assert first["rule"] == "email-not-login"


def test_no_stored_finding_lists_an_api_call(drifted):
    (target,) = drifted.json("findings")
    assert all(each["remediation"]["api"] is None for each in target["findings"])
    assert "POST /api" not in drifted("findings", target["findings"][0]["id"])[1]


def test_one_finding_is_shown_in_full_by_a_prefix_of_its_id(drifted):
    (target,) = drifted.json("findings", "--rule", "email-not-login")
    identifier = target["findings"][0]["id"]
    code, printed = drifted("findings", identifier[:7])
    assert code == 0
    labels = ("Observed", "Expected", "First seen", "Changed by", "Owner")
    for label in (*labels, "Remediation", "Status", "Evidence"):
        assert f"\n{label}" in printed
    assert drifted("findings", "0123456")[0] == 2
    assert "0123456: no finding has this id" in drifted.errors
    assert drifted("findings", identifier[:2])[0] == 2


def test_a_waiver_for_a_finding_waives_it(drifted):
    (target,) = drifted.json("findings", "--rule", "email-not-login")
    words = ("--until", "30d", "--reason", "migration", "--owner", "IT")
    code, table = drifted("waive", target["findings"][0]["id"][:7], *words)
    assert (code, drifted.errors) == (0, "")
    with drifted.config.open("a") as file:
        file.write(table)
    drifted.audit()
    assert rules(drifted.json("findings", "--state", "waived")) == ["email-not-login"]
    assert "sso-identifier-differs: 2 findings, 1 waived" in drifted("findings")[1]
    assert " waived " in drifted("findings", "--all")[1]
