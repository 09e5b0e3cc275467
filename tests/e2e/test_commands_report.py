"""``auditor report``: who brought about what it tells of."""


def test_one_edit_explains_every_finding_that_rests_on_it(commands):
    commands.audit()
    commands.world.map_attribute("user", "email", "user.email")
    commands.audit()
    (report,) = commands.json("report")
    change = {each["rule"]: each["change"] for each in report["findings"]}
    assert change["email-not-login"]["path"].endswith(".email.expression")
    assert change["sso-identifier-differs"] == change["email-not-login"]


def test_a_report_on_days_to_come_is_refused(commands):
    commands.audit()
    code, printed = commands("report", "--until", "2999-01-01", "--send")
    assert (code, printed) == (2, "")
    assert "--until 2999-01-01 00:00 UTC: that has not come yet" in commands.complaints
    assert "the week to 2999" not in commands.sandbox.slack.transcript()


def test_a_period_that_begins_before_the_calendar_begins_with_it(commands):
    commands.audit()
    for words in (("report",), ("changes",), ("export", "--format", "json")):
        code, _ = commands(*words, "--since", "999999w")
        assert (code, commands.complaints) == (0, "")
