from contextlib import suppress
from datetime import date, timedelta
from pathlib import Path

import pytest

from auditor.cli.options import target_name
from auditor.config.loading import check_file
from auditor.errors import MAX_LISTED_ERRORS, ConfigError
from tests.support.builders.config_files import MINIMAL, SECRETS
from tests.support.inspection.counted_calls import counted_calls


def test_a_target_is_enough(config, tmp_path):
    settings = config.load()
    (production,) = settings.targets
    assert production.target.org_url == "https://acme.okta.com"
    assert production.target.grace_minutes == 60
    assert (settings.fail_on, settings.resolve_after) == ("high", 1)
    assert settings.keep == timedelta(days=400)
    assert settings.store.database_url().reveal() == f"sqlite:///{tmp_path}/auditor.db"
    assert settings.report.destination == f"{tmp_path}/reports"
    assert settings.slack is None
    assert not settings.hides_identities


def test_every_part_of_the_file_reaches_the_settings(config, tmp_path):
    config.write("slack", "xoxb-1\n")
    settings = config.load(
        """
        privacy = "ids"
        rule_paths = ["mine", "/opt/rules"]
        resolve_after = 3
        fail_on = "low"
        keep = "12 weeks"
        [store]
        url_env = "DATABASE"
        [slack]
        channel = "#iam-alerts"
        token_file = "slack"
        [report]
        destination = "s3://reports/unleash"
        public_url = "https://reports.acme.example/unleash/"
        keep_reports = 10
        [rules.email-not-login]
        severity = "high"
        [[waiver]]
        rule = "unmanaged-user"
        owner = "iam@acme.example"
        reason = "migrated in spring"
        expires = 2027-03-01
        target = "production"
        [[attestation]]
        rule = "scim-base-url-wrong"
        by = "iam@acme.example"
        on = 2026-11-01
        expires = 2027-05-01
        evidence = "IAM-12"
        """
        + MINIMAL
        + """
        [target.exclude]
        patterns = ["*@bots.acme.example"]
        [target.rules.push-flag-off]
        enabled = false
        """,
        SECRETS | {"DATABASE": "postgres://auditor:pw@db/auditor"},
    )
    assert settings.hides_identities
    assert settings.rule_paths == (tmp_path / "mine", Path("/opt/rules"))
    assert (settings.resolve_after, settings.fail_on) == (3, "low")
    assert settings.keep == timedelta(weeks=12)
    assert settings.store.database_url().reveal() == "postgresql+psycopg://auditor:pw@db/auditor"
    assert settings.slack is not None
    assert settings.slack.token is not None
    assert settings.slack.token.read_line().reveal() == "xoxb-1"
    assert settings.report.destination == "s3://reports/unleash"
    assert settings.report.public_url == "https://reports.acme.example/unleash"
    assert settings.rules == {"email-not-login": {"severity": "high"}}
    assert settings.targets[0].rules == {"push-flag-off": {"enabled": False}}
    assert settings.targets[0].target.exclude.patterns == ("*@bots.acme.example",)
    assert settings.waivers[0].expires == date(2027, 3, 1)
    assert settings.attestations[0].on == date(2026, 11, 1)


def test_a_target_is_found_by_name_or_the_closest_name_is_suggested(config):
    settings = config.load()
    assert settings.target("production").name == "production"
    with pytest.raises(ConfigError, match=r'did you mean "production"\?'):
        settings.target("prodction")


def test_one_check_reports_keys_values_rules_and_secrets(config):
    text = MINIMAL.replace("app_id", "ap_id") + "[rules.email-not-login]\nalowed = true\n"
    config.file.write_text(f'fail_on = "never"\n{text}')
    with pytest.raises(ConfigError) as raised:
        check_file(config.file, {"OKTA_TOKEN": "a"}, secrets=True)
    keys = [line.split(": ")[1] for line in raised.value.lines]
    assert keys == [
        "fail_on",
        "target[0].okta.app_id",
        "target[0].okta.ap_id",
        "rules.email-not-login.alowed",
        "target[0].unleash.token_env",
    ]
    with pytest.raises(ConfigError) as raised:
        check_file(config.file, {}, secrets=False)
    assert not any("token_env" in line for line in raised.value.lines)


def test_every_wrong_key_of_a_rule_is_reported(config):
    config.file.write_text(
        f'{MINIMAL}[target.rules.unmanaged-user]\nenabled = "no"\nseverty = "low"\nallowed = 3\n'
    )
    with pytest.raises(ConfigError) as raised:
        check_file(config.file, SECRETS, secrets=True)
    lines = [line.removeprefix(f"{config.file}: ") for line in raised.value.lines]
    assert [line.partition(":")[0] for line in lines] == [
        "target[0].rules.unmanaged-user.enabled",
        "target[0].rules.unmanaged-user.severty",
        "target[0].rules.unmanaged-user.allowed",
    ]


def keys(name: str, count: int) -> str:
    return "".join(f'{name}{number} = "x"\n' for number in range(count))


BOT = '[slack]\ntoken_env = "OKTA_TOKEN"\nchannel = "#a"\n'


def routes(count: int) -> str:
    return "".join(
        f'[[slack.route]]\nchannel = "#a"\ntarget = "prodcution-{n}"\n' for n in range(count)
    )


def waivers(count: int) -> str:
    return "".join(
        f'[[waiver]]\nrule = "email-not-login"\ntargets = ["prodcution-{n}*"]\nreason = "old"\n'
        'owner = "iam"\nexpires = 2027-01-31\n'
        for n in range(count)
    )


def targets(count: int, secret: str = "OKTA_TOKEN") -> str:
    return "".join(
        MINIMAL.replace('"production"', f'"production-{n}"').replace("OKTA_TOKEN", secret.format(n))
        for n in range(count)
    )


MANY = 3 * MAX_LISTED_ERRORS
VERY_MANY = {
    "unknown keys": f"{keys('unknown', MANY)}{MINIMAL}",
    "unknown rules": MINIMAL + "".join(f"[rules.x{n}]\n" for n in range(MANY)),
    "unknown owners": f"{MINIMAL}[owners]\n{keys('x', MANY)}",
    "keys of a rule": f"{MINIMAL}[rules.not-steady]\n{keys('x', MANY)}",
    "targets": MINIMAL + '[[target]]\nname = "a"\n' * MANY,
    "routes": f"{BOT}{routes(MANY)}{MINIMAL}",
    "waivers": f"{waivers(MANY)}{MINIMAL}",
    "secrets": targets(MANY, secret="NONE_{}"),
}


@pytest.mark.parametrize("text", VERY_MANY.values(), ids=VERY_MANY)
def test_of_very_many_errors_the_first_are_listed(config, text):
    config.file.write_text(text)
    with pytest.raises(ConfigError) as raised:
        check_file(config.file, SECRETS, secrets=True)
    lines = raised.value.lines
    assert len(lines) == MAX_LISTED_ERRORS + 1
    assert lines[-1] == "more errors are not listed (fix these first)"


GROWING = {
    "targets": targets,
    "routes of unknown targets": lambda count: f"{BOT}{routes(count)}{targets(count)}",
    "waivers of unknown targets": lambda count: f"{waivers(count)}{targets(count)}",
    "unknown owners": lambda count: f"[owners]\n{keys('prodcution-', count)}{targets(count)}",
    "unknown rules": lambda count: targets(count).replace(
        "[target.unleash]", "[target.rules.email-not-logni]\n[target.unleash]"
    ),
}


@pytest.mark.parametrize("text", GROWING.values(), ids=GROWING)
def test_the_work_grows_linearly_with_the_number_of_targets(config, text):
    def work(count: int) -> int:
        config.file.write_text(text(count))
        return counted_calls(lambda: checked(config.file))

    assert work(200) < 2.2 * work(100)


def checked(file: Path) -> None:
    with suppress(ConfigError):
        check_file(file, SECRETS, secrets=True)


def test_an_error_lists_some_of_many_targets_only(config):
    (line, *_) = config.errors(f'{BOT}[[slack.route]]\nchannel = "#a"\ntarget = "x"\n{targets(50)}')
    assert line.endswith("production-25, production-26, …)")


@pytest.mark.parametrize("name", ["index.html", "INDEX.html"])
def test_the_name_of_the_overview_is_reserved(config, name):
    config.file.write_text(MINIMAL.replace('name = "production"', f'name = "{name}"'))
    with pytest.raises(ConfigError, match=rf'target\[0\]\.name: "{name}" is reserved'):
        check_file(config.file, SECRETS, secrets=True)
    with pytest.raises(ValueError, match=r"is reserved \(choose another name\)"):
        target_name(name)
