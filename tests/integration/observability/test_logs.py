import io
import json
import logging

import pytest
import structlog

from auditor.observability.logs import redact, set_up_logs

SECRETS = {
    "a bot token": "xoxb-1234567890-abcdefghij",
    "an app token": "xapp-1-A012-345-abc",
    "a webhook": "https://hooks.slack.com/services/T0001/B0001/XyZ123secret",
    "an Okta token": "Authorization: SSWS 00abcDEF-secret_token",
    "an OAuth token": "authorization: Bearer eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIxIn0.c2VjcmV0",
    "an assertion": "client_assertion=eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIxIn0.c2VjcmV0",
    "an Unleash token": "user:" + 30 * "5ec4e7",
    "an invite link": "https://unleash.example/new-user?token=x /invite/5ec4e75ec4e7/join",
    "a database's password": "postgresql://auditor:5ecret@db.example/auditor",
    "a private key": "-----BEGIN RSA PRIVATE KEY-----\nMIIsecret\n-----END RSA PRIVATE KEY-----",
}
SECRET_PARTS = (
    "1234567890",
    "345-abc",
    "XyZ123secret",
    "secret_token",
    "c2VjcmV0",
    "5ec",
    "MIIsecret",
)


@pytest.fixture
def lines():
    """Return the list that collects the log lines from now on."""
    out = io.StringIO()
    root = logging.getLogger()
    before, level = root.handlers, root.level
    set_up_logs(out)
    yield lambda: [json.loads(line) for line in out.getvalue().splitlines()]
    root.handlers = before
    root.setLevel(level)
    structlog.reset_defaults()


@pytest.mark.parametrize("secret", SECRETS.values(), ids=SECRETS)
def test_a_secret_is_masked_in_every_field(lines, secret):
    log = structlog.get_logger("auditor")
    log.info(secret, value=secret, inside={"deep": [secret]})
    logging.getLogger("a.library").error("received %s", secret)
    try:
        int(secret)
    except ValueError:
        log.exception("broke")
        logging.getLogger("a.library").exception("broke")
    assert len(lines()) == 4
    text = json.dumps(lines())
    assert "********" in text
    assert not [part for part in SECRET_PARTS if part in text]


def test_other_values_are_not_masked():
    words = "sandbox: okta.mappings: forbidden (403) at GET /api/v1/mappings; slot 2026-11-23T22:07"
    assert redact(words) == words


def test_every_line_has_its_context(lines):
    with structlog.contextvars.bound_contextvars(run="r1", target="production"):
        structlog.get_logger("auditor").info("audited")
        logging.getLogger("a.library").warning("retrying")
    assert {(line["run"], line["target"]) for line in lines()} == {("r1", "production")}
    assert {line["level"] for line in lines()} == {"info", "warning"}


def test_outside_text_cannot_start_a_log_line(lines):
    structlog.get_logger("auditor").info("audited", target='x"\n{"event": "forged"}')
    (line,) = lines()
    assert "\n" not in line["target"]


def test_a_traceback_stays_readable(lines):
    try:
        int("x")
    except ValueError:
        structlog.get_logger("auditor").exception("broke")
    assert lines()[0]["exception"].count("\n") >= 3
