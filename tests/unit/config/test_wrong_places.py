# ruff: noqa: E501  (each error is one line)
"""Wrong addresses, paths, hosts and channels: each is one line with the file, the key and the fix."""

import pytest

from auditor.config.loading import check_file
from auditor.errors import ConfigError
from tests.support.builders.config_files import MINIMAL, SECRETS

STORES = (
    "write a directory, s3://BUCKET/PREFIX with the extra [s3], gs://BUCKET/PREFIX with [gcs], "
    "or az://CONTAINER/PREFIX with [azure]"
)
PATH = "write a path such as secrets/okta-token"
TABLES = {
    "report.destination": '[report]\ndestination = "{}"',
    "report.exports_to": '[report]\nexports_to = "{}"',
    "report.public_url": '[report]\npublic_url = "{}"',
    "store.url": '[store]\nurl = "{}"',
    "slack.channel": '[slack]\ntoken_env = "BOT"\nchannel = "{}"',
    "slack.route[0].channel": '[slack]\ntoken_env = "BOT"\nchannel = "#a"\n[[slack.route]]\nchannel = "{}"',
    "slack.base_url": '[slack]\ntoken_env = "BOT"\nchannel = "#a"\nbase_url = "{}"',
    "metrics.push": '[metrics]\npush = "{}"',
    "metrics.textfile": '[metrics]\ntextfile = "{}"',
    "serve.operations": '[serve]\noperations = "{}"',
    "serve.reports": '[serve]\nreports = "{}"',
    "serve.proxies[0]": '[serve]\nuser_header = "X-User"\nproxies = ["{}"]',
    "serve.trusted_hosts[0]": '[serve]\ntrusted_hosts = ["{}"]',
    "serve.user_header": '[serve]\nproxies = ["10.0.0.1"]\nuser_header = "{}"',
    "rule_paths[0]": 'rule_paths = ["{}"]',
    "include[0]": 'include = ["{}"]',
}
SECRET_TABLES = {
    "slack.webhook_url_env": '[slack]\nwebhook_url_env = "WRONG"',
    "slack.token_env": '[slack]\nchannel = "#a"\ntoken_env = "WRONG"',
    "slack.app_token_env": '[slack]\nchannel = "#a"\ntoken_env = "BOT"\noperators = ["U0EXAMPLE1"]\napp_token_env = "WRONG"',
    "webhook[0].url_env": '[[webhook]]\nname = "pager"\nsecret_env = "BOT"\nurl_env = "WRONG"',
    "heartbeat.url_env": '[heartbeat]\nurl_env = "WRONG"',
    "heartbeat.failure_url_env": '[heartbeat]\nurl_env = "PING"\nfailure_url_env = "WRONG"',
}
REPLACED = {
    "target[0].okta.org_url": "https://acme.okta.com",
    "target[0].unleash.url": "https://unleash.acme.example",
}

WRONG = [
    ("report.destination", "foo://bucket", f"foo:// is not an object store ({STORES})"),
    ("report.destination", "https://s3.aws", f"https:// is not an object store ({STORES})"),
    ("report.destination", "memory://x", f"memory:// is not an object store ({STORES})"),
    ("report.destination", "a::s3://b", f"a:// is not an object store ({STORES})"),
    ("report.destination", "://x", f"is not a URL of an object store ({STORES})"),
    ("report.destination", "s3:/bucket", "is not a URL of an object store (write it like s3://BUCKET/PREFIX)"),
    ("report.destination", "S3://bucket", "is not a URL of an object store (write it like s3://BUCKET/PREFIX)"),
    ("report.destination", "gs://", "is not a URL of an object store (write it like gs://BUCKET/PREFIX)"),
    ("report.destination", "az:///x", "is not a URL of an object store (write it like az://CONTAINER/PREFIX)"),
    ("report.destination", "s3://b/../x", "contains .., a space at its end, or a control character (write it like s3://BUCKET/PREFIX)"),
    ("report.destination", "s3://b/x?y", "contains a query or a fragment (write it like s3://BUCKET/PREFIX)"),
    ("report.destination", "s3://key:canary@bucket", "contains a user name or a password (write it like s3://BUCKET/PREFIX; the library reads credentials from the environment)"),
    ("report.destination", "file:///srv/reports", "is a URL of this machine (write the path alone, such as /var/lib/auditor/reports)"),
    ("report.destination", "~/reports", "begins with ~, which is not expanded (write the whole path)"),
    ("report.destination", "$HOME/x", "begins with $, which is not expanded (write the whole path)"),
    ("report.destination", "", f"is not a path ({PATH})"),
    ("report.destination", " ", f"begins or ends with a space, or contains a control character ({PATH})"),
    ("report.exports_to", "foo://bucket", f"foo:// is not an object store ({STORES})"),
    ("report.public_url", "reports.acme.example", "is not a web address (write it like https://reports.acme.example)"),
    ("report.public_url", "https://x..y", "is not a web address (write it like https://reports.acme.example)"),
    ("report.public_url", "https://x:0", "is not a web address (write it like https://reports.acme.example)"),
    ("report.public_url", "https://256.1.1.1", "is not a web address (write it like https://reports.acme.example)"),
    ("report.public_url", "https://x/a/index.html", "names the page index.html (write the address of its folder: https://x/a)"),
    ("store.url", "auditor.db", "is neither a SQLite nor a PostgreSQL URL (write sqlite:///auditor.db or postgresql://user@host/database)"),
    ("store.url", "sqlite:///a.db?mode=ro", "has options, and the auditor sets those of SQLite itself (write sqlite:///FILE alone)"),
    ("store.url", "sqlite:///file:a.db", "has options, and the auditor sets those of SQLite itself (write sqlite:///FILE alone)"),
    ("store.url", "sqlite:///~/a.db", "names a file that begins with ~, which is not expanded (write the whole path: sqlite:////var/lib/auditor/auditor.db)"),
    ("slack.channel", "#", '"#" is not the name of a channel, which has no capitals or spaces (write its name such as #iam-alerts, or its id such as C0123456789)'),
    ("slack.channel", "#Iam", '"#Iam" is not the name of a channel, which has no capitals or spaces (write its name such as #iam-alerts, or its id such as C0123456789)'),
    ("slack.channel", "@ada", '"@ada" is not a channel (write its name such as #iam-alerts, or its id such as C0123456789)'),
    ("slack.channel", "xoxb-canary", "has the form of a token, and a secret must not be in this file (write its name such as #iam-alerts, or its id such as C0123456789)"),
    ("slack.channel", "https://acme.slack.com/archives/C0123456789", "is the link to a channel (write its id: C0123456789)"),
    ("slack.route[0].channel", "a b", '"a b" is not the name of a channel, which has no capitals or spaces (write its name such as #iam-alerts, or its id such as C0123456789)'),
    ("slack.base_url", "slack.com/api", "is not a web address (write it like https://slack.com/api)"),
    ("metrics.push", "pushgateway:9091", "is not a web address (write it like http://pushgateway:9091)"),
    ("metrics.push", "http://p:9091/metrics/job/x", "contains /metrics, which the auditor appends (write http://p:9091)"),
    ("metrics.textfile", "/tmp", "does not end in .prom (rename it: the node exporter reads files that end in .prom only)"),
    ("metrics.textfile", "http://x/m.prom", "is a URL, not a path (write the path of a file or folder of this machine)"),
    ("serve.operations", ":9187", '":9187" is not an address to listen on (write it like 127.0.0.1:9187)'),
    ("serve.operations", "*:9187", '"*:9187" is not an address to listen on (write 0.0.0.0:9187 or [::]:9187 for all addresses)'),
    ("serve.operations", "256.1.1.1:80", '"256.1.1.1:80" is not an address to listen on (write it like 127.0.0.1:9187)'),
    ("serve.operations", "a b:80", '"a b:80" is not an address to listen on (write it like 127.0.0.1:9187)'),
    ("serve.operations", "[127.0.0.1]:80", '"[127.0.0.1]:80" is not an address to listen on (write it like 127.0.0.1:9187)'),
    ("serve.reports", "127.0.0.1:9187", "is the address of operations too (use another port)"),
    ("serve.proxies[0]", "proxy.acme", '"proxy.acme" is not a network (write it like 10.0.0.0/8 or 10.1.2.3)'),
    ("serve.trusted_hosts[0]", "https://x", '"https://x" is not the name of a host (write it without scheme, port and path: reports.acme.example)'),
    ("serve.trusted_hosts[0]", "x:8187", '"x:8187" is not the name of a host (write it without scheme, port and path: reports.acme.example)'),
    ("serve.user_header", "X-User:", '"X-User:" is not the name of a header (write it like X-Forwarded-User)'),
    ("serve.user_header", "Authorization", '"Authorization" contains a secret, not the name of a user (name the header that the proxy sets, such as X-Forwarded-User)'),
    ("rule_paths[0]", "~/rules", "begins with ~, which is not expanded (write the whole path)"),
    ("include[0]", "s3://bucket/x.toml", "is a URL, not a path (write the path of a file or folder of this machine)"),
    ("include[0]", "", f"is not a path ({PATH})"),
    ("slack.webhook_url_env", "hooks.slack.com/canary", "is not a web address (write it like https://hooks.slack.com/services/T…)"),
    ("slack.token_env", "xapp-1-canary", "is an app token (copy the Bot User OAuth Token of the Slack app; it begins with xoxb-)"),
    ("slack.token_env", "xoxp-canary", "is the token of a user (copy the Bot User OAuth Token of the Slack app; it begins with xoxb-)"),
    ("slack.token_env", "https://hooks.slack.com/canary", "is the address of a webhook (copy the Bot User OAuth Token of the Slack app; it begins with xoxb-)"),
    ("slack.app_token_env", "xoxb-canary", "is a bot token (create an app-level token in the Slack app; it begins with xapp-)"),
    ("webhook[0].url_env", "http://canary.example", "is not https, so a token that is sent there is not encrypted (write it like https://hooks.acme.example/auditor)"),
    ("heartbeat.url_env", "canary", "is not a web address (write it like https://ping.acme.example/ID)"),
    ("heartbeat.failure_url_env", "ftp://canary", "is not a web address (write it like https://ping.acme.example/ID)"),
    ("target[0].okta.org_url", "https://www.okta.com", "is not the address of an org (write it like https://acme.okta.com)"),
    ("target[0].okta.org_url", "https://okta.com", "is not the address of an org (write it like https://acme.okta.com)"),
    ("target[0].unleash.url", "https://acme.okta.com", "is the address of an Okta org (write the address of Unleash, like https://unleash.acme.example)"),
    ("target[0].unleash.url", "", 'is empty (write address of Unleash, for example "https://unleash.acme.example")'),
]  # fmt: skip


def checked(config, text, secret=""):
    config.file.write_text(text)
    environ = {**SECRETS, "BOT": "xoxb-1", "PING": "https://ping.acme.example/1", "WRONG": secret}
    try:
        return list(check_file(config.file, environ, secrets=True).warnings)
    except ConfigError as error:
        return list(error.lines)


@pytest.mark.parametrize(("key", "value", "error"), WRONG)
def test_a_wrong_place_is_refused_with_its_key_and_the_fix(config, key, value, error):
    if key in TABLES:
        lines = checked(config, f"{TABLES[key].format(value)}\n{MINIMAL}")
    elif key in SECRET_TABLES:
        lines = checked(config, f"{SECRET_TABLES[key]}\n{MINIMAL}", value)
    else:
        lines = checked(config, MINIMAL.replace(REPLACED[key], value))
    assert lines == [f"{config.file}: {key}: {error}"]
    assert "canary" not in lines[0]


@pytest.mark.parametrize(
    "secret",
    [
        "00" + "canary" * 7,
        "xoxb-1-canary",
        "xapp-1-canary",
        "user:canary" + "0" * 40,
        "*:*." + "0" * 40,
    ],
)
def test_a_secret_in_place_of_its_file_is_not_quoted(config, secret):
    text = MINIMAL.replace('token_env = "OKTA_TOKEN"', f'token_file = "{secret}"')
    assert checked(config, text) == [
        (
            f"{config.file}: target[0].okta.token_file: has the form of a secret "
            "(write the path of a file that contains it)"
        )
    ]


@pytest.mark.parametrize(
    ("place", "extra"),
    [
        ("s3://b/x", "s3"),
        ("gs://b", "gcs"),
        ("az://c/x", "azure"),
        ("abfs://c@a.dfs.core.windows.net/x", "azure"),
    ],
)
def test_an_object_store_without_its_library_is_a_warning_with_the_extra(config, place, extra):
    scheme = place.partition("://")[0]
    assert checked(config, f'[report]\ndestination = "{place}"\n{MINIMAL}') == [
        (
            f"{config.file}: report.destination: no installed library writes to {scheme}:// "
            f"(install unleash-okta-auditor[{extra}])"
        )
    ]


def test_missing_files_are_reported_with_the_key_that_names_them(config, tmp_path):
    assert checked(config, f'rule_paths = ["mine"]\n{MINIMAL}') == [
        (
            f"{config.file}: rule_paths: {tmp_path}/mine: cannot read rules from here: "
            "No such file or directory (check the path)"
        )
    ]
    for name, reason in (
        ("eu.toml", "cannot be read: No such file or directory"),
        (str(tmp_path), "is a directory"),
    ):
        assert checked(config, f'include = ["{name}"]\n{MINIMAL}') == [
            f"{tmp_path / name}: {reason} (correct or remove it in {config.file}: include[0])"
        ]
