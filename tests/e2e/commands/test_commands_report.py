"""``auditor report``: the author of each finding's change."""


def test_one_change_explains_each_finding_that_it_caused(commands):
    commands.audit()
    commands.world.map_attribute("user", "email", "user.email")
    commands.audit()
    (report,) = commands.json("report")
    change = {each["rule"]: each["change"] for each in report["findings"]}
    assert change["email-not-login"]["path"].endswith(".email.expression")
    assert change["sso-identifier-differs"] == change["email-not-login"]


def test_a_report_of_a_future_period_is_refused(commands):
    commands.audit()
    code, printed = commands("report", "--until", "2999-01-01", "--send")
    assert (code, printed) == (2, "")
    assert "--until: 2999-01-01T00:00Z is in the future" in commands.errors
    assert "the week to 2999" not in commands.sandbox.slack.transcript()


def test_a_period_before_the_earliest_date_starts_with_that_date(commands):
    commands.audit()
    for words in (("report",), ("changes",), ("export", "--format", "json")):
        code, _ = commands(*words, "--since", "999999w")
        assert (code, commands.errors) == (0, "")


def test_the_report_counts_the_causes_that_the_other_commands_count(commands):
    commands.world.map_attribute("user", "title", "user.title")
    commands.world.map_attribute("user", "nickName", "user.nickName")
    commands.audit()
    _, findings = commands("findings")
    number = findings.split(" ")[0]
    assert int(number) > 1
    (report,) = commands.json("report")
    assert report["headline"]["verdict"] == f"{number} open causes."
    assert f"{number} causes." in commands("plan")[1]
