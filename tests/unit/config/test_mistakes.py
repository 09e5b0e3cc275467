# ruff: noqa: E501  (each error is one line)
"""Typical mistakes in auditor.toml: each is one line with the key and the remedy."""

from pathlib import Path

import pytest

from auditor.config.loading import check_file
from auditor.errors import ConfigError
from tests.support.builders.config_files import MINIMAL, SECRETS

HERE = Path(__file__).parent

MISTAKES = [
    (
        MINIMAL,
        "target = [",
        ["is not TOML: invalid value at end of document (correct the text there)"],
    ),
    (
        MINIMAL,
        "",
        ["target: is missing (add [[target]]: what is audited, one [[target]] for each)"],
    ),
    (MINIMAL, "target = []", ["target: there is no target (add a [[target]])"]),
    (MINIMAL, "target = 3", ["target: expected a list, got a whole number (write [[target]])"]),
    ("[[target]]", "[target]", ["target: is a list of tables (write [[target]])"]),
    (
        MINIMAL,
        "[[slack]]\nchannel = '#a'\n" + MINIMAL,
        [
            "slack: has no way to post (set either token_env or token_file, or webhook_url_env or webhook_url_file)",
            "slack: is one table, not a list (write [slack])",
        ],
    ),
    (
        "[[target]]",
        "[slack]\ntoken_env = 'A'\nchannel = '#a'\n[slack.route]\nchannel = '#b'\n[[target]]",
        ["slack.route: is a list of tables (write [[slack.route]])"],
    ),
    (
        "[[target]]",
        "resolve_afer = 2\n[[target]]",
        ['resolve_afer: unknown key (did you mean "resolve_after"?)'],
    ),
    (
        'token_env = "OKTA',
        'tokn_env = "OKTA',
        ['target[0].okta.tokn_env: unknown key (did you mean "token_env"?)'],
    ),
    (
        'name = "production"',
        'name = "a b"',
        [
            "target[0].name: \"a b\" cannot be used as a name (use letters, digits, '.', '_' and '-', at most 64)"
        ],
    ),
    (
        'name = "production"',
        "name = 7",
        ['target[0].name: expected text, got a whole number (write it in quotes: "7")'],
    ),
    (
        'name = "production"',
        'name = "production"\ngrace_minutes = -1',
        ["target[0].grace_minutes: -1 is too small (write 0 or more)"],
    ),
    (
        'app_id = "0oa1"\n',
        "",
        [
            'target[0].okta.app_id: is missing (add app_id: id of the provisioning app, for example "0oa1b2c3d4e5f6g7h8i9")'
        ],
    ),
    (
        '"0oa1"',
        '"0oa/../1"',
        [
            'target[0].okta.app_id: "0oa/../1" is not the id of an app (copy it from the app\'s address in the Okta console; it begins with 0oa)'
        ],
    ),
    (
        "[[target]]",
        'fail_on = "hgih"\n[[target]]',
        ['fail_on: expected one of low, medium, high, critical, got "hgih" (did you mean "high"?)'],
    ),
    (
        "[[target]]",
        'keep = "soon"\n[[target]]',
        [
            "keep: \"soon\" is not a duration (write one like '400 days', '12 weeks', '7d', '12 hours')"
        ],
    ),
    (
        "[[target]]",
        "[slack]\nchannel = '#a'\n[[target]]",
        [
            "slack: has no way to post (set either token_env or token_file, or webhook_url_env or webhook_url_file)"
        ],
    ),
    (
        "[[target]]",
        "[slack]\ntoken_env = 'OKTA_TOKEN'\n[[target]]",
        ["slack.channel: is missing (a bot token needs a channel to post to)"],
    ),
    (
        'token_env = "OKTA_TOKEN"',
        'token_env = "OKTA_TOKEN"\ntoken_file = "okta"',
        ["target[0].okta: token_env and token_file are both set (keep one of them)"],
    ),
    (
        'token_env = "OKTA_TOKEN"',
        'token_env = "OKTA_TOKEN"\nclient_id = "0oa2"',
        ["target[0].okta: has two ways to sign in (keep either the token or the client_id)"],
    ),
    (
        'token_env = "OKTA_TOKEN"',
        'client_id = "0oa2"',
        ["target[0].okta: has only one of client_id and its private key (set both)"],
    ),
    (
        'token_env = "UNLEASH_TOKEN"',
        "",
        ["target[0].unleash: no token (set token_env or token_file)"],
    ),
    (
        "[[target]]",
        "[store]\nurl = 'mysql://db'\n[[target]]",
        [
            "store.url: is neither a SQLite nor a PostgreSQL URL (write sqlite:///auditor.db or postgresql://user@host/database)"
        ],
    ),
    (
        "[[target]]",
        "[store]\nurl = 'sqlite://'\n[[target]]",
        [
            "store.url: names no file, and history must be kept between audits (write sqlite:///auditor.db or postgresql://user@host/database)"
        ],
    ),
    (
        "[[target]]",
        'privacy = "id"\n[[target]]',
        ['privacy: expected one of names, ids, got "id" (did you mean "ids"?)'],
    ),
    (
        "[[target]]",
        "resolve_after = 2.5\n[[target]]",
        [
            "resolve_after: expected a whole number, got a number with decimals (write it without decimals)"
        ],
    ),
    (
        "[[target]]",
        "resolve_after = 0\n[[target]]",
        ["resolve_after: 0 is too small (write 1 or more)"],
    ),
    (
        "[[target]]",
        'include = "targets/*.toml"\n[[target]]',
        ['include: expected a list, got text (write it in brackets: ["targets/*.toml"])'],
    ),
    (
        'app_id = "0oa1"',
        'app_id = "0oa1"\ntoken = "canary"',
        [
            "target[0].okta.token: a secret must not be in this file (set token_env to its environment variable, or token_file to its file)"
        ],
    ),
    (
        'token_env = "OKTA_TOKEN"',
        'token_env = "00-canary"',
        [
            "target[0].okta.token_env: is not the name of an environment variable (write the name, not the secret)"
        ],
    ),
    (
        'name = "production"',
        'name = "production\\n"',
        [
            "target[0].name: the value cannot be used as a name (use letters, digits, '.', '_' and '-', at most 64)"
        ],
    ),
    (
        'name = "production"',
        'name = ""',
        [
            "target[0].name: \"\" cannot be used as a name (use letters, digits, '.', '_' and '-', at most 64)"
        ],
    ),
    (
        'token_env = "UNLEASH_TOKEN"',
        'token_env = "UNLEASH_TOKEN"\nallow_http = "true"',
        [
            "target[0].unleash.allow_http: expected true or false, got text (write true or false without quotes)"
        ],
    ),
    (
        "[[target]]",
        '[report]\nexports = ["xml"]\n[[target]]',
        ['report.exports[0]: expected one of json, csv, ocsf, got "xml" (write one of them)'],
    ),
    (
        "[[target]]",
        '[schedule]\naudit = "99 * * * *"\n[[target]]',
        [
            'schedule.audit: "99 * * * *": minute "99" is not between 0 and 59 (write it like "7 * * * *", or "never")'
        ],
    ),
    (
        "[[target]]",
        '[serve]\nuser_header = "X-User"\nproxies = ["::/0"]\n[[target]]',
        [
            "serve.proxies[0]: ::/0 contains every address, so every client could set user_header (name the addresses of your proxy alone)"
        ],
    ),
    (
        "[[target]]",
        '[serve]\ntrusted_hosts = ["*"]\n[[target]]',
        [
            'serve.trusted_hosts[0]: "*" matches every host, which permits DNS rebinding (name the host that browsers use, such as reports.acme.example)'
        ],
    ),
    (
        "[[target]]",
        '[store]\nurl = "postgresql://a:canary@db/x"\n[[target]]',
        [
            "store.url: a password must not be in this file (set url_env to a variable, or url_file to a file, that contains the URL)"
        ],
    ),
    (
        "[[target]]",
        '[sla]\nugly = "1d"\n[[target]]',
        ["sla.ugly: unknown key (the keys are critical, high, joiner, leaver, low, medium)"],
    ),
    (
        "[[target]]",
        '[metrics]\ntextfile = "metrics.txt"\n[[target]]',
        [
            "metrics.textfile: does not end in .prom (rename it: the node exporter reads files that end in .prom only)"
        ],
    ),
    (
        "[[target]]",
        "[alerts]\ncombine_over = 1\n[[target]]",
        ['alerts.combine_over: unknown key (did you mean "combine_above"?)'],
    ),
    (
        "[[target]]",
        '[[webhook]]\nname = "pager"\nurl = "https://x/canary"\nsecret_env = "OKTA_TOKEN"\n[[target]]',
        [
            "webhook[0].url: a secret must not be in this file (set url_env to its environment variable, or url_file to its file)"
        ],
    ),
]


@pytest.mark.parametrize(("before", "after", "errors"), MISTAKES)
def test_a_mistake_is_one_line_with_its_key_and_its_remedy(config, before, after, errors):
    assert before in MINIMAL
    assert config.errors(MINIMAL.replace(before, after)) == errors
    assert not any("canary" in error or "\n" in error for error in errors)


def test_there_are_more_than_thirty_mistakes():
    assert len(MISTAKES) >= 30


def test_a_file_with_fifty_mistakes_reports_each_of_them_in_one_run(tmp_path):
    file = tmp_path / "auditor.toml"
    file.write_text((HERE / "mistakes.toml").read_text())
    with pytest.raises(ConfigError) as raised:
        check_file(file, SECRETS, secrets=True)
    lines = [line.replace(f"{file}: ", "") for line in raised.value.lines]
    assert lines == (HERE / "mistakes.txt").read_text().splitlines()
    assert not any("canary" in line for line in lines)
