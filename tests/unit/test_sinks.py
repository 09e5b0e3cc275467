"""What the auditor writes, logs and measures, derived from its code.

tests/e2e/test_privacy.py and test_secrets.py run every command and read everything that it wrote.
A new module that writes or sends, a new field of a log event or a new label of a metric fails a
test here, until it is listed with what covers it.
"""

import ast
import re
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import pytest

import auditor

CODE = Path(auditor.__file__).parent

WRITES = {
    *("write_whole", "write_chunks", "write_new", "write_text", "write_bytes", "writelines"),
    *("NamedTemporaryFile", "mkstemp", "pipe_file", "put_file", "write_to_textfile"),
    *("post", "stream", "urlopen", "sendall", "sendto", "send_json"),
}
"""Functions that write to a file or send to an address."""

COVERED = {
    "cli/commands/demo.py": "the simulated target alone",
    "cli/commands/export.py": "the command export",
    "cli/output/plan_page.py": "plan --write-to",
    "cli/setup/first_files.py": "init: answers of the user; test_secrets",
    "cli/standard_streams.py": "opens /dev/null in place of a closed stream",
    "collect/snapshot_file.py": "run --save-snapshot",
    "files.py": "its callers are listed",
    "generated_page.py": "documents of the repository",
    "net/bounded_request.py": "requests: pages of APIs, webhook, heartbeat, Pushgateway",
    "notify/slack/app_setup.py": "doctor and slack test: no data of a target",
    "notify/slack/bot.py": "[slack] with a bot token",
    "notify/slack/incoming_webhook.py": "[slack] with a webhook: the same messages",
    "notify/slack/interaction/interaction_api.py": "forms and answers in Slack",
    "notify/slack/web_api.py": "[slack] with a bot token",
    "observability/metrics.py": "run --metrics-textfile and --metrics-push",
    "pipeline/reports.py": "report and [report]",
    "publish/archive.py": "report and [report]",
    "publish/destinations.py": "report and [report]",
    "publish/latest_exports.py": "[report] exports",
    "rule/custom/rule_runner.py": "the pipe to the child process of own rules",
}
"""Each module that writes or sends, and the sink of the privacy test that it writes to."""

LOG_FIELDS = {
    *("action", "address", "at", "because", "collection", "connections", "consequence"),
    *("delivery_errors", "error", "errors", "events", "exc_info", "exit_code", "fault"),
    *("full_audit", "grace", "group", "job", "next", "opened", "origin", "own", "reason"),
    *("remediation", "requests", "run", "seconds", "slot", "table", "target", "targets"),
    *("type", "url", "user", "warning"),
}
"""Fields of log events. `user` and `group` are ids of Slack; `origin` is the host of an API."""

LABELS = {
    *("audit_kind", "bucket", "job_kind", "kind", "origin", "quantile", "result", "rule"),
    *("severity", "state", "status", "target", "verdict", "version"),
}
"""Labels of metrics. None names a person."""


def calls_in(code: Path) -> Iterator[tuple[str, str, ast.Call]]:
    """Yield the module, the name of the function and the node of each call."""
    for path in sorted(code.rglob("*.py")):
        module = path.relative_to(code).as_posix()
        if module.startswith("sandbox/"):
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call):
                function = node.func
                name = getattr(function, "attr", "") or getattr(function, "id", "")
                yield module, name, node


def writers(code: Path) -> set[str]:
    return {
        module for module, name, node in calls_in(code) if name in WRITES or _opens_to_write(node)
    }


def _opens_to_write(node: ast.Call) -> bool:
    given = [*node.args, *(keyword.value for keyword in node.keywords)]
    modes = [each.value for each in given if isinstance(each, ast.Constant)]
    is_open = ast.unparse(node.func).rpartition(".")[2] == "open"
    return is_open and any(re.fullmatch("[wax+][bt+]{0,2}|r[bt]?[+]", str(mode)) for mode in modes)


def log_fields(code: Path) -> set[str]:
    return {
        keyword.arg
        for _, name, node in calls_in(code)
        if name in {"log_event", "log_warning", "bound_contextvars"}
        or (
            name in {"debug", "info", "warning", "error", "exception", "critical"}
            and "log" in ast.unparse(node.func).rpartition(".")[0]
        )
        for keyword in node.keywords
        if keyword.arg
    }


def labels(code: Path) -> set[str]:
    """Return the labels of the metrics: constants in a tuple, or behind the text of a gauge."""
    return {
        each.value
        for module, name, node in calls_in(code)
        if module == "observability/metrics.py"
        for each in (
            node.args[2:]
            if name == "_gauge"
            else chain.from_iterable(
                item.elts for item in ast.walk(node) if isinstance(item, ast.Tuple)
            )
        )
        if isinstance(each, ast.Constant) and isinstance(each.value, str)
    }


def test_every_module_that_writes_or_sends_is_covered():
    assert writers(CODE) == COVERED.keys()


def test_every_field_of_a_log_event_is_covered():
    assert log_fields(CODE) == LOG_FIELDS


def test_every_label_of_a_metric_is_covered():
    assert labels(CODE) == LABELS


@pytest.mark.parametrize(
    ("module", "line", "derive"),
    [
        ("notify/mail.py", "client.post(url, content=text)", writers),
        ("publish/copy.py", "path.write_text(page)", writers),
        ("publish/copy.py", 'open(path, "w")', writers),
        ("publish/copy.py", 'path.open("xb")', writers),
        ("serve/jobs.py", '_log.info("audited", email=email)', log_fields),
        ("observability/metrics.py", 'Counter("n", text, ("email",))', labels),
    ],
)
def test_a_new_sink_is_found(tmp_path, module, line, derive):
    path = tmp_path / module
    path.parent.mkdir()
    path.write_text(f"{line}\n")
    assert derive(tmp_path) == {module if derive is writers else "email"}
