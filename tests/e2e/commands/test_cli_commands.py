"""The command line: its output and its exit code."""

import json
import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from auditor import __version__
from auditor.cli.main import run
from tests.support.processes.in_process import Run

CONFIG = """
[[target]]
name = "production"
[target.okta]
org_url = "https://acme.okta.com"
app_id = "0oa1"
token_env = "OKTA_TOKEN"
[target.unleash]
url = "https://unleash.acme.example"
token_env = "UNLEASH_TOKEN"
"""


class Auditor:
    def __init__(self, folder: Path, run: Run) -> None:
        self.folder = folder
        self._run = run
        self.environ = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
            "OKTA_TOKEN": "00abc",
            "UNLEASH_TOKEN": "user:abc",
        }

    def python(self, code: str) -> str:
        """Return what a program prints."""
        command = [sys.executable, "-c", code]
        return subprocess.check_output(command, cwd=self.folder, env=self.environ, text=True)

    def __call__(self, *words: str, **environ: str) -> subprocess.CompletedProcess[str]:
        return self._run(words, self.folder, self.environ | environ)

    def refuses(self, *words: str, **environ: str) -> str:
        """Return the one line on stderr of a command that ends with 2."""
        ended = self(*words, **environ)
        assert ended.returncode == 2, ended
        assert ended.stdout == ""
        (line,) = ended.stderr.splitlines()
        return line


@pytest.fixture
def auditor(tmp_path, run_here) -> Auditor:
    (tmp_path / "auditor.toml").write_text(CONFIG)
    return Auditor(tmp_path, run_here)


def test_the_version_is_printed_without_importing_the_rest(auditor):
    code = (
        "import sys; from auditor.__main__ import main; sys.argv[1:] = ['--version']; main();"
        "print(sorted({'click', 'msgspec', 'rich', 'httpx', 'sqlalchemy'} & set(sys.modules)))"
    )
    assert auditor.python(code) == f"auditor {__version__}\n[]\n"


GARBAGE = """
import atexit, gc, sys
@atexit.register  # the first handler is called last
def report():
    print(collections() - before, len(gc.get_objects()), gc.get_freeze_count())
def collections():
    return gc.get_stats()[0]["collections"]
before = collections()
from auditor.__main__ import main
sys.argv[1:] = ["rules"]
main()
"""


def test_a_command_rarely_searches_its_imports_for_garbage_and_never_at_its_exit(auditor):
    collections, searched, frozen = map(int, auditor.python(GARBAGE).splitlines()[-1].split())
    assert collections < frozen / 1_000  # Python's default searches after 700 new objects
    assert searched < frozen / 100


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("run",),
        ("rules",),
        ("config",),
        ("config", "check"),
        ("config", "schema"),
        ("demo",),
        ("sandbox",),
    ],
)
def test_help_is_printed_in_eighty_columns(auditor, words):
    ended = auditor(*words, "--help")
    assert ended.returncode == 0
    assert ended.stderr == ""
    assert ended.stdout.startswith(f"Usage: {' '.join(('auditor', *words))}")
    assert all(len(line) <= 80 for line in ended.stdout.splitlines())


def test_without_a_command_the_help_is_printed_and_it_is_a_usage_error(auditor):
    ended = auditor()
    assert ended.returncode == 2
    assert "auditor demo" in ended.stdout


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("rn",), 'auditor: no such command "rn" (did you mean "run"?). See: auditor --help'),
        (
            ("run", "--confg", "x"),
            ('auditor: no such option --confg (did you mean "--config"?). See: auditor run --help'),
        ),
        (
            ("run", "--fail-on", "hgih"),
            (
                'auditor: --fail-on: "hgih" is not one of low, medium, high, critical '
                '(did you mean "high"?). See: auditor run --help'
            ),
        ),
        (
            ("run", "--fail-no=high"),
            (
                'auditor: no such option --fail-no (did you mean "--fail-on"?). '
                "See: auditor run --help"
            ),
        ),
        (
            ("--fail-on", "high", "run"),
            (
                "auditor: no such option --fail-on (options come after the command). "
                "See: auditor --help"
            ),
        ),
        (
            ("run", "production"),
            (
                'auditor: unexpected argument "production" (name a target with -t production). '
                "See: auditor run --help"
            ),
        ),
        (
            ("config", "chek"),
            ('auditor: no such command "chek" (did you mean "check"?). See: auditor config --help'),
        ),
        (
            ("db", "wipe"),
            (
                'auditor: no such command "wipe" (actions: adopt, forget, rename, upgrade). '
                "See: auditor db --help"
            ),
        ),
        (
            ("config", "check", "--without-secret"),
            (
                "auditor: no such option --without-secret "
                '(did you mean "--without-secrets"?). See: auditor config check --help'
            ),
        ),
        (
            ("config", "schema", "rin"),
            (
                'auditor: SCHEMA: "rin" is not one of file, run, export, webhook '
                '(did you mean "run"?). See: auditor config schema --help'
            ),
        ),
        (
            ("run", "--lock-timeout", "soon"),
            (
                'auditor: --lock-timeout: "soon" is not a whole number from 0 to 86,400. '
                "See: auditor run --help"
            ),
        ),
        (
            ("run", "--metrics-textfile", "x.txt"),
            (
                "auditor: --metrics-textfile: does not end in .prom (rename it: the node exporter "
                "reads files that end in .prom only). See: auditor run --help"
            ),
        ),
        (
            ("run", "--metrics-push", "ftp://me:canary@x"),
            (
                "auditor: --metrics-push: is not an http:// or https:// address "
                "(write it like http://pushgateway:9091). See: auditor run --help"
            ),
        ),
        (
            ("changes", "--since", "yesterday"),
            (
                'auditor: --since: "yesterday" is not a span of time '
                "(write it like '400 days', '12 weeks', '7d', '12 hours'). "
                "See: auditor changes --help"
            ),
        ),
        (
            ("report", "--until", "tomorrow"),
            (
                'auditor: --until: "tomorrow" is not a date '
                "(write it like 2027-01-31 or 2027-01-31T08:00Z). See: auditor report --help"
            ),
        ),
        (
            ("run", "--jobs", "0"),
            'auditor: --jobs: "0" is not a whole number of at least 1. See: auditor run --help',
        ),
        (
            ("db", "forget", ""),
            (
                "auditor: PERSON: the text is blank (write at least one word). "
                "See: auditor db forget --help"
            ),
        ),
        (
            ("db", "rename", "production", "x y"),
            (
                'auditor: NEW: "x y" is not a name of a target '
                "(use letters, digits, '.', '_' and '-', at most 64). "
                "See: auditor db rename --help"
            ),
        ),
        (
            ("run", "-t", "prodction"),
            (
                'auditor: auditor.toml: no target has the name "prodction" '
                '(did you mean "production"?)'
            ),
        ),
        (
            ("run", "-c", "none.toml"),
            (
                "auditor: none.toml: cannot be read: No such file or directory "
                "(use --config to name another file, or create one with `auditor init`)"
            ),
        ),
        (
            ("run", "--snapshot", "none.json"),
            (
                "auditor: none.json: the snapshot cannot be read: No such file or directory "
                "(check the path)"
            ),
        ),
        (
            ("rules", "emial-not-login"),
            ('auditor: emial-not-login: no such rule (did you mean "email-not-login"?)'),
        ),
        (
            ("ack", "x"),
            ("auditor: --until and --reason are required (or --resume, to end an acknowledgement)"),
        ),
        (
            ("demo", "-d", "."),
            (
                "auditor: auditor.toml: not written by the demo "
                "(use another directory with --directory)"
            ),
        ),
    ],
)
def test_an_unusable_command_line_is_refused_in_one_line(auditor, words, complaint):
    assert auditor.refuses(*words) == complaint


RUN_SAVED, JSON = ("run", "--snapshot", "s.json"), ("--format", "json")
PLAN_SAVED, SIMULATED = ("plan", "--snapshot", "s.json"), ("plan", "--simulate")


@pytest.mark.parametrize(
    ("words", "first", "second"),
    [
        (("run", "-q", "-v"), "--verbose", "--quiet"),
        (("run", "-v", *JSON), "--verbose", "--format json"),
        (("run", "-q", "--format", "log"), "--quiet", "--format log"),
        (("run", "-t", "production", "--shard", "1/2"), "--shard", "--target"),
        ((*RUN_SAVED, "-t", "production"), "--target", "--snapshot"),
        ((*RUN_SAVED, "--save-snapshot", "t.json"), "--save-snapshot", "--snapshot"),
        ((*RUN_SAVED, "--lock-timeout", "60"), "--lock-timeout", "--snapshot"),
        ((*RUN_SAVED, "--jobs", "4"), "--jobs", "--snapshot"),
        ((*RUN_SAVED, "--shard", "1/2"), "--shard", "--snapshot"),
        ((*RUN_SAVED, "--if-older-than", "1h"), "--if-older-than", "--snapshot"),
        ((*RUN_SAVED, "--metrics-textfile", "m.prom"), "--metrics-textfile", "--snapshot"),
        ((*RUN_SAVED, "--metrics-push", "push.example"), "--metrics-push", "--snapshot"),
        ((*PLAN_SAVED, "--calls"), "--calls", "--snapshot"),
        ((*PLAN_SAVED, "-t", "production"), "--target", "--snapshot"),
        ((*SIMULATED, "--calls"), "--calls", "--simulate"),
        ((*SIMULATED, "--write-to", "tf"), "--write-to", "--simulate"),
        ((*SIMULATED, "--set", "email=user.login"), "--set", "--simulate"),
        (("plan", "--set", "email=user.login", "--write-to", "tf"), "--write-to", "--set"),
        (("person", "a", "--snapshot", "s.json", "-t", "production"), "--target", "--snapshot"),
        (("lockout", "--snapshot", "s.json", "-t", "production"), "--target", "--snapshot"),
        (("lockout", "-v", *JSON), "--verbose", "--format json"),
        (("doctor", "-v", *JSON), "--verbose", "--format json"),
        (("findings", "3fd9", "--state", "all"), "--state", "ID"),
        (("findings", "3fd9", "--severity", "high"), "--severity", "ID"),
        (("findings", "3fd9", "--rule", "email-not-login"), "--rule", "ID"),
        (("findings", "3fd9", "--owner", "Ada"), "--owner", "ID"),
        (("findings", "3fd9", "--all"), "--all", "ID"),
        (("findings", "3fd9", "--overdue"), "--overdue", "ID"),
        (("findings", "3fd9", "--affected", *JSON), "--affected", "--format json"),
        (("report", "--send", "--destination", "x"), "--destination", "--send"),
        (("report", *JSON, "--destination", "x"), "--destination", "--format json"),
        (("report", "--weekly", "--since", "7d"), "--since", "--weekly"),
    ],
)
def test_an_option_without_effect_is_refused_with_both_names(capsys, words, first, second):
    complaint = f"auditor: {first} and {second} cannot be used together (omit one of them)\n"
    assert (run(list(words)), capsys.readouterr().err) == (2, complaint)


def test_affected_users_are_listed_for_one_finding_only(auditor):
    assert "--affected needs the id of a finding" in auditor.refuses("findings", "--affected")


@pytest.mark.parametrize("words", [("config", "check"), ("rules",), ("run",)])
def test_every_command_refuses_an_unknown_log_level(auditor, words):
    line = auditor.refuses(*words, AUDITOR_LOG_LEVEL="loud")
    assert line == "auditor: AUDITOR_LOG_LEVEL is 'loud' (write info, warning, error)"


def test_all_errors_of_a_configuration_are_reported_at_once(auditor):
    tables = "[target.rules.extra-attribute]\nalowed = []\n[rules.push-flag-off]\nseverity = 'hi'\n"
    (auditor.folder / "auditor.toml").write_text(CONFIG + tables)
    ended = auditor("config", "check", OKTA_TOKEN="", UNLEASH_TOKEN="two words")
    assert ended.returncode == 2
    place = "auditor: auditor.toml: "
    named = [line.removeprefix(place).partition(": ")[0] for line in ended.stderr.splitlines()]
    assert named == [
        "rules.push-flag-off.severity",
        "target[0].rules.extra-attribute.alowed",
        "target[0].okta.token_env",
        "target[0].unleash.token_env",
    ]


@pytest.mark.parametrize(
    ("before", "after", "complaint"),
    [
        (
            "[[target]]",
            "[rules.emial-not-login]\nenabled = false\n[[target]]",
            (
                "auditor: auditor.toml: rules.emial-not-login: no rule has the name "
                '"emial-not-login" (did you mean "email-not-login"?)'
            ),
        ),
        (
            "[[target]]",
            "[rules.extra-attribute]\nallowed = 'department'\n[[target]]",
            (
                "auditor: auditor.toml: rules.extra-attribute.allowed: expected a list, got text "
                '(write it in brackets: ["…"])'
            ),
        ),
        (
            "[[target]]",
            "[rules.email-not-login]\nseverity = 'hgh'\n[[target]]",
            (
                "auditor: auditor.toml: rules.email-not-login.severity: expected one of low, "
                'medium, high, critical, got "hgh" (did you mean "high"?)'
            ),
        ),
        (
            "[[target]]",
            "[rules.extra-attribute]\nalowed = []\n[[target]]",
            (
                "auditor: auditor.toml: rules.extra-attribute.alowed: unknown key "
                '(did you mean "allowed"?)'
            ),
        ),
        (
            "[[target]]",
            (
                "[[waiver]]\nrule = 'emial-not-login'\nowner = 'o'\nreason = 'r'\n"
                "expires = 2027-01-01\n[[target]]"
            ),
            (
                'auditor: auditor.toml: waiver[0].rule: no rule has the name "emial-not-login" '
                '(did you mean "email-not-login"?)'
            ),
        ),
        (
            "[[target]]",
            "rule_paths = ['mine']\n[[target]]",
            (
                "auditor: auditor.toml: rule_paths: {folder}/mine: cannot read rules from here: "
                "No such file or directory (check the path)"
            ),
        ),
    ],
)
@pytest.mark.parametrize("command", [("config", "check"), ("run",)])
def test_a_configuration_that_names_unknown_things_is_refused(
    auditor, command, before, after, complaint
):
    (auditor.folder / "auditor.toml").write_text(CONFIG.replace(before, after))
    assert auditor.refuses(*command) == complaint.format(folder=auditor.folder)


def test_a_configuration_is_checked_with_its_secrets(auditor):
    ended = auditor("config", "check")
    assert (ended.returncode, ended.stderr) == (0, "")
    watch = "watch: auditor serve polls the logs every 60 s"
    assert ended.stdout == f"auditor.toml: ok, 1 target: production\n{watch}\n"
    off = f"{CONFIG}\n[watch]\nenabled = false\ninterval_seconds = 90\n"
    (auditor.folder / "auditor.toml").write_text(off)
    watch = "watch: off in auditor serve; auditor watch polls the logs every 90 s"
    assert watch in auditor("config", "check").stdout
    assert "OKTA_TOKEN is empty" in auditor.refuses("config", "check", OKTA_TOKEN="")
    assert auditor("config", "check", "--without-secrets", OKTA_TOKEN="").returncode == 0


def test_a_secret_that_other_users_can_read_is_a_warning(auditor):
    (auditor.folder / "okta").write_text("00abc")
    (auditor.folder / "okta").chmod(0o644)
    config = CONFIG.replace('token_env = "OKTA_TOKEN"', 'token_file = "okta"')
    (auditor.folder / "auditor.toml").write_text(config)
    ended = auditor("config", "check")
    assert ended.returncode == 0
    assert ended.stderr == (
        "auditor: warning: auditor.toml: target[0].okta.token_file: "
        f"every user of this machine can read {auditor.folder}/okta (run chmod o=)\n"
    )


def test_the_environment_can_name_the_configuration(auditor):
    (auditor.folder / "auditor.toml").rename(auditor.folder / "other.toml")
    ended = auditor("config", "check", AUDITOR_CONFIG="other.toml")
    assert ended.stdout.startswith("other.toml: ok")


@pytest.mark.parametrize(
    ("of", "named"),
    [("file", "store"), ("run", "targets"), ("export", "reports"), ("webhook", "notification")],
)
def test_a_schema_is_printed_as_json(auditor, of, named):
    schema = json.loads(auditor("config", "schema", of).stdout)
    reference = schema.get("$ref", "").removeprefix("#/$defs/")
    root = schema["$defs"][reference] if reference else schema
    assert named in root["properties"]


def test_a_rule_is_explained(auditor):
    page = auditor("rules", "extra-attribute").stdout
    assert page.startswith("extra-attribute\n===============\n")
    assert "Severity     medium\n" in page
    assert "Guide step   Okta 5\n" in page
    assert "[rules.extra-attribute]\nallowed = []\n" in page


def test_a_custom_rule_is_listed(auditor):
    (auditor.folder / "mine").mkdir(mode=0o755)
    (auditor.folder / "mine" / "my_rule.py").write_text(
        "from auditor.rule import Family, NoParams, Result, RuleContext, Severity, rule\n"
        "@rule(id='my-rule', severity=Severity.LOW, family=Family.ONLY_SIX, guide='Okta 5',\n"
        "      evidence='None.', remediation='None.', params=NoParams)\n"
        "def my_rule(context: RuleContext, _: NoParams):\n"
        "    '''Mine holds.\n\n    Because.'''\n"
        "    return []\n"
    )
    (auditor.folder / "auditor.toml").write_text('rule_paths = ["mine"]\n' + CONFIG)
    assert "my-rule" not in auditor("rules").stdout
    assert "my-rule" in auditor("rules", "-c", "auditor.toml").stdout


def test_a_pipe_that_is_closed_early_is_no_error(auditor):
    command = f"{shlex.quote(sys.executable)} -m auditor config schema | head -1"
    ended = subprocess.run(
        ["/bin/sh", "-c", command], env=auditor.environ, capture_output=True, text=True, check=True
    )
    assert ended.stdout == "{\n"
    assert ended.stderr == ""


def test_output_that_the_terminal_cannot_encode_is_no_error(auditor):
    ended = auditor("rules", "--help", PYTHONIOENCODING="ascii")
    assert ended.returncode == 0


def test_an_interrupt_and_a_bug_have_codes_of_their_own(auditor):
    code = """
import sys
from auditor.cli.commands import config
from auditor.cli.main import run
def broken(*_): raise {error}
config.SCHEMAS["file"] = broken
sys.exit(run(["config", "schema", *sys.argv[1:]]))
"""

    def ended(error: str, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-c", code.format(error=error), *words],
            env=auditor.environ,
            capture_output=True,
            text=True,
            check=False,
        )

    stopped = ended("KeyboardInterrupt")
    assert (stopped.returncode, stopped.stderr) == (130, "auditor: interrupted\n")
    bug = ended("RuntimeError('secret canary')")
    assert bug.returncode == 70
    assert bug.stderr == (
        "auditor: internal error: RuntimeError. Run the command with --debug for the traceback\n"
    )
    for status in (0, 1, None):
        stopped = ended(f"SystemExit({status})")
        assert (stopped.returncode, stopped.stdout) == (70, ""), "only our own code ends with 0"
    traced = ended("RuntimeError('x')", "--debug")
    assert traced.returncode == 70
    assert "Traceback" in traced.stderr


@pytest.mark.parametrize("words", [("config",), ("db",), ("slack",)])
def test_a_command_without_its_action_prints_the_help_and_is_a_usage_error(auditor, words):
    ended = auditor(*words)
    assert ended.returncode == 2
    assert ended.stdout.startswith(f"Usage: auditor {words[0]} ")


def test_an_exit_in_a_rule_does_not_end_an_audit_with_zero(auditor):
    (auditor.folder / "mine").mkdir(mode=0o755)
    (auditor.folder / "mine" / "my_rule.py").write_text("import sys\nsys.exit(0)\n")
    (auditor.folder / "auditor.toml").write_text('rule_paths = ["mine"]\n' + CONFIG)
    ended = auditor("run")
    assert ended.returncode in {2, 70}
    assert ended.stderr.startswith("auditor: ")
