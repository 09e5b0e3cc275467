"""``auditor init``: prompts at a terminal, options, and the files that it writes."""

import os
import select
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from auditor.cli.setup.questions import Asker
from auditor.sandbox import Sandbox, World
from tests.support.processes.in_process import Run

ENVIRON = {"PATH": os.environ["PATH"], "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}

WATCH = "watch: auditor serve polls the logs every 60 s\n"


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(World.clean(people=2)) as running:
        yield running


class Init:
    def __init__(self, sandbox: Sandbox, folder: Path, run: Run) -> None:
        self.sandbox = sandbox
        self._run = run
        self.folder = folder
        self.config = folder / "auditor.toml"
        (folder / "okta").write_text(sandbox.world.okta_token)
        (folder / "unleash").write_text(sandbox.world.unleash_token)

    @property
    def addresses(self) -> tuple[str, ...]:
        urls = (self.sandbox.okta_url, self.sandbox.unleash_url)
        return ("--org-url", urls[0], "--unleash-url", urls[1])

    @property
    def all_options(self) -> tuple[str, ...]:
        """Return all required options, with the app by its id."""
        return ("init", *self.addresses, "--app", self.sandbox.world.app_id)

    def __call__(self, *words: str) -> subprocess.CompletedProcess[str]:
        return self._run(words, self.folder, ENVIRON)

    def refuses(self, *words: str) -> str:
        ended = self("init", *words)
        assert (ended.returncode, ended.stdout) == (2, ""), ended
        (line,) = ended.stderr.splitlines()
        return line


@pytest.fixture
def init(sandbox: Sandbox, tmp_path: Path, run_here: Run) -> Init:
    return Init(sandbox, tmp_path, run_here)


@pytest.mark.parametrize("command", ["init", "doctor"])
def test_the_help_states_the_purpose(init, command):
    ended = init(command, "--help")
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout.startswith(f"Usage: auditor {command}")
    assert "Examples:" in ended.stdout
    assert all(len(line) <= 80 for line in ended.stdout.splitlines())


def test_an_audit_works_with_the_written_configuration(init):
    ended = init(
        *init.all_options,
        "--okta-token-file",
        "okta",
        "--unleash-token-file",
        "unleash",
        "--name",
        "main",
    )
    assert (ended.returncode, ended.stderr) == (0, "")
    assert init("config", "check").stdout == f"auditor.toml: ok, 1 target: main\n{WATCH}"
    assert init("run").returncode == 0
    assert init.sandbox.refused == []


def test_secrets_can_be_added_later_in_files_that_only_the_owner_reads(init):
    ended = init(*init.all_options, "--slack-channel", "#iam-alerts")
    assert ended.returncode == 0
    assert ended.stdout == (
        "auditor.toml is written. Next:\n"
        "  write the token to secrets/okta-token\n"
        "  write the token to secrets/unleash-token\n"
        "  write the token to secrets/slack-token\n"
        "  auditor doctor\n"
        "  auditor run\n"
    )
    for name in ("okta-token", "unleash-token", "slack-token"):
        file = init.folder / "secrets" / name
        assert file.read_text() == ""
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert (init.folder / "secrets" / ".gitignore").read_text() == "*\n"
    assert init("config", "check", "--without-secrets").returncode == 0
    assert "secrets/okta-token is empty" in init("config", "check").stderr


def test_the_app_is_found_by_its_label(init):
    ended = init(
        "init", *init.addresses, "--app", "unleash", "--okta-token-file", "okta", "-c", "new.toml"
    )
    assert ended.returncode == 0
    assert ended.stdout.startswith(f"App: Unleash ({init.sandbox.world.app_id}, ACTIVE)\n")
    assert "auditor doctor -c new.toml" in ended.stdout
    written = (init.folder / "new.toml").read_text()
    assert f"# The app {init.sandbox.world.app_id} is Unleash.\n" in written
    assert f'app_id = "{init.sandbox.world.app_id}"\n' in written


@pytest.mark.parametrize("demands_dpop", [False, True])
def test_a_service_app_signs_in_with_its_required_method(tmp_path, demands_dpop, run_here):
    with Sandbox(World.clean(people=2)) as sandbox:
        init = Init(sandbox, tmp_path, run_here)
        client = sandbox.world.add_oauth_client()
        sandbox.world.requires_dpop = demands_dpop
        (tmp_path / "key.pem").write_text(client.private_key)
        app = ("--client-id", client.id, "--okta-key-file", "key.pem", "--app", "Unleash")
        ended = init("init", *init.addresses, *app, "--unleash-token-file", "unleash")
        assert (ended.returncode, ended.stderr) == (0, "")
        written = init.config.read_text()
        assert f'client_id = "{client.id}"' in written
        assert ("dpop = true" in written) == demands_dpop
        assert stat.S_IMODE((tmp_path / "secrets/okta-private-key").stat().st_mode) == 0o600
        assert not (tmp_path / "secrets/okta-token").exists()
        assert init("run").returncode == 0
        assert sandbox.refused == []


def test_the_key_of_a_service_app_can_be_added_later(init):
    ended = init(*init.all_options, "--client-id", "0oaclient", "--dpop")
    assert ended.returncode == 0
    assert "  write the private key to secrets/okta-private-key\n" in ended.stdout
    assert "dpop = true" in init.config.read_text()
    assert init("config", "check", "--without-secrets").returncode == 0


def test_a_refused_service_app_writes_no_file(init):
    client = init.sandbox.world.add_oauth_client()
    (init.folder / "key.pem").write_text(client.private_key)
    known = (*init.addresses, "--client-id", "0oaother", "--okta-key-file", "key.pem")
    assert "unauthorized (401) at POST /oauth2/v1/token: invalid_client" in init.refuses(*known)
    assert not init.config.exists()


def test_nothing_is_overwritten(init):
    init.config.write_text("mine")
    assert init.refuses(*init.all_options[1:]) == (
        "auditor: auditor.toml: the file exists and is not overwritten (use another --config)"
    )
    init.config.unlink()
    (init.folder / "secrets").mkdir()
    (init.folder / "secrets" / "okta-token").write_text("kept")
    assert "secrets/okta-token" not in init(*init.all_options).stdout
    assert (init.folder / "secrets" / "okta-token").read_text() == "kept"


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        ((), "--org-url is required, because there is no terminal for a question (add it)"),
        (("--org-url", "acme"), "--org-url: is not a web address"),
        (
            ("--org-url", "https://acme-admin.okta.com"),
            "--org-url: is the address of the admin console (write https://acme.okta.com)",
        ),
        (("--org-url", "https://acme.okta.com"), "--app is required, because there is no terminal"),
        (
            ("--org-url", "https://acme.okta.com", "--app", "Unleash"),
            '--app: "Unleash" is not an app id, and only a credential of Okta finds a label (write',
        ),
        (
            ("--org-url", "https://acme.okta.com", "--okta-key-file", "key.pem"),
            "--okta-key-file and --dpop need the id of the service app (add --client-id)",
        ),
        (
            (
                *("--org-url", "https://acme.okta.com", "--client-id", "0oaclient"),
                *("--okta-token-file", "okta"),
            ),
            "--client-id and --okta-token-file cannot be used together (omit one of them)",
        ),
        (
            (
                *("--org-url", "https://acme.okta.com", "--client-id", "0oaclient"),
                *("--okta-key-file", "none"),
            ),
            "--okta-key-file: none cannot be read: No such file or directory",
        ),
        (
            ("--org-url", "https://acme.okta.com", "--app", "0oa1b2c3d4e5f6g7h8i9"),
            "--unleash-url is required, because there is no terminal",
        ),
        (
            (
                *("--org-url", "https://acme.okta.com", "--app", "0oa1b2c3d4e5f6g7h8i9"),
                *("--unleash-url", "https://unleash.acme.example"),
                *("--audit-schedule", "61 * * * *"),
            ),
            ('--audit-schedule: minute "61" is not between 0 and 59 (write it like "7 * * * *")'),
        ),
        (
            (
                *("--org-url", "https://acme.okta.com", "--app", "0oa1b2c3d4e5f6g7h8i9"),
                *("--unleash-url", "https://unleash.acme.example", "--slack-token-file", "slack"),
            ),
            "--slack-token-file needs a Slack channel (add --slack-channel, or omit",
        ),
        (
            ("--org-url", "https://acme.okta.com", "--okta-token-file", "none"),
            "--okta-token-file: none cannot be read: No such file or directory",
        ),
    ],
)
def test_a_missing_or_wrong_option_is_one_line_and_writes_no_file(init, words, complaint):
    assert complaint in init.refuses(*words)
    assert not init.config.exists()
    assert not (init.folder / "secrets").exists()


def test_a_missing_app_or_a_refused_token(init):
    known = (*init.addresses, "--okta-token-file", "okta")
    assert "has no app whose label starts with" in init.refuses(*known, "--app", "Flags")
    assert "Okta cannot be read: not found (404)" in init.refuses(
        *known, "--app", "0oa00000000000000000"
    )
    (init.folder / "okta").write_text("wrong")
    refused = init.refuses(*known, "--app", "Unleash")
    assert refused.startswith("auditor: Okta refuses the credential at http")
    assert "(401)" in refused


def test_one_of_several_apps_has_to_be_named(tmp_path, run_here):
    with Sandbox(World.clean(people=2)) as sandbox:
        other = Init(sandbox, tmp_path, run_here)
        add_a_second_app(sandbox)
        complaint = other.refuses(*other.addresses, "--okta-token-file", "okta", "--app", "Unl")
        assert complaint.startswith("auditor: --app: several match: Unleash (0oa")
        assert complaint.endswith("(use an id)")


def add_a_second_app(sandbox: Sandbox) -> None:
    from dataclasses import replace

    apps = sandbox.world.okta.apps
    first = apps[sandbox.world.app_id]
    second = replace(first, id="0oasecond00000000000", label="Unleash staging")
    apps[second.id] = second


class Terminal:
    """A command at a terminal; a test waits for its prompts and answers them."""

    def __init__(self, folder: Path, *words: str) -> None:
        self._ours, theirs = os.openpty()
        self.output = ""
        self._process = subprocess.Popen(
            [sys.executable, "-m", "auditor", *words],
            cwd=folder,
            env=ENVIRON | {"TERM": "dumb"},
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
        )
        os.close(theirs)

    def answer(self, question: str, text: str) -> None:
        before = len(self.output)
        while question not in self.output[before:]:
            ready, _, _ = select.select([self._ours], [], [], 120)
            assert ready, f"{question!r} was not asked:\n{self.output}"
            self.output += os.read(self._ours, 4096).decode()
        os.write(self._ours, f"{text}\n".encode())

    def end(self) -> int:
        try:
            while part := os.read(self._ours, 4096):
                self.output += part.decode()
        except OSError:  # the process closed its end
            pass
        os.close(self._ours)
        return self._process.wait()


def test_at_a_terminal_a_prompt_is_repeated_until_the_answer_is_valid(init):
    world, terminal = init.sandbox.world, Terminal(init.folder, "init")
    terminal.answer("Okta org", "acme")
    terminal.answer("Okta org", init.sandbox.okta_url)
    terminal.answer("Client id of the Okta service app", "")
    terminal.answer("Okta token (Enter", world.okta_token)
    terminal.answer("provisions Unleash [Unleash]", "")
    terminal.answer("Address of Unleash", f"{init.sandbox.unleash_url}/api/scim")
    terminal.answer("Address of Unleash", init.sandbox.unleash_url)
    terminal.answer("Unleash token (Enter", world.unleash_token)
    terminal.answer("Slack channel", "")
    terminal.answer("Press Enter to keep them", "")
    terminal.answer("Press Enter to run the first audit", "no")
    assert terminal.end() == 0
    assert "--org-url: is not a web address" in terminal.output
    assert "ends in /api/scim, which is a page or an API of Unleash" in terminal.output
    assert world.okta_token not in terminal.output
    assert world.unleash_token not in terminal.output
    assert init("run").returncode == 0


def test_nine_answers_lead_from_nothing_to_the_first_report(init):
    world, terminal = init.sandbox.world, Terminal(init.folder, "init")
    slack = init.sandbox.slack
    answers = [
        ("Okta org", init.sandbox.okta_url),
        ("Client id of the Okta service app", ""),
        ("Okta token (Enter", world.okta_token),
        ("provisions Unleash [Unleash]", ""),
        ("Address of Unleash", init.sandbox.unleash_url),
        ("Unleash token (Enter", world.unleash_token),
        ("Slack channel", "none"),
        ("Press Enter to keep them", ""),
        ("Press Enter to run the first audit", ""),
    ]
    assert len(answers) <= 12
    for question, answer in answers:
        terminal.answer(question, answer)
    assert terminal.end() == 0, terminal.output
    words = " ".join(terminal.output.split())
    assert "Applications > Create App Integration > API Services" in words
    assert "Admin settings > Service accounts > New service account" in terminal.output
    written = [each.name for each in (init.folder / "reports").rglob("*.html")]
    assert any(name in terminal.output for name in written), terminal.output
    assert slack.token not in terminal.output


def test_the_explanations_fit_a_terminal_and_state_how_to_leave(capsys):
    asker = Asker(interactive=True)
    asker.show("word " * 40, "", "  indented")
    lines = capsys.readouterr().out.splitlines()
    assert (max(map(len, lines)) <= 80, len(lines)) == (True, 5)
    assert lines[-2:] == ["", "  indented"]


def test_an_app_id_that_is_none_is_explained_in_the_words_of_the_dialog(init):
    words = ("--org-url", init.sandbox.okta_url, "--client-id", "0oa9z8y7x6w5v4u3t2s1")
    terminal = Terminal(init.folder, "init", *words)
    terminal.answer("File with the private key", "later")
    terminal.answer("Id of the app", "Unleash")
    terminal.answer("Id of the app", "\x04")
    assert terminal.end() == 130
    assert "Ctrl-C ends the dialog" in " ".join(terminal.output.split())
    assert "or give the token or the key first" in terminal.output
    # Nothing but what the fixture wrote.
    assert sorted(path.name for path in init.folder.iterdir()) == ["okta", "unleash"]


def test_every_default_can_be_changed_at_a_terminal(init):
    words = (*init.addresses, "--app", init.sandbox.world.app_id, "--slack-channel", "none")
    tokens = ("--okta-token-file", "okta", "--unleash-token-file", "unleash")
    terminal = Terminal(init.folder, "init", *words, *tokens)
    terminal.answer("Press Enter to keep them", "change")
    terminal.answer("Name of the target", "eu")
    terminal.answer("Database", "postgresql://auditor:secret@db/auditor")
    terminal.answer("Database", "sqlite:///history.db")
    terminal.answer("Place of the reports", "weekly")
    terminal.answer("Privacy", "none")
    terminal.answer("Privacy", "ids")
    terminal.answer("Schedule", "daily")
    terminal.answer("Schedule", "0 6 * * *")
    terminal.answer("Press Enter to run the first audit", "")
    assert terminal.end() == 0, terminal.output
    assert "a password must not be in the configuration file" in terminal.output
    assert '"none" is neither "names" nor "ids"' in terminal.output
    assert init("config", "check").stdout == f"auditor.toml: ok, 1 target: eu\n{WATCH}"
    assert (init.folder / "history.db").exists()
    assert list((init.folder / "weekly").rglob("*.html"))
    written = init.config.read_text()
    assert 'privacy = "ids"' in written
    assert 'audit = "0 6 * * *"' in written


def test_options_give_the_settings_that_have_defaults(init):
    words = ("--name", "eu", "--privacy", "ids", "--report-place", "weekly")
    schedule = ("--store-url", "sqlite:///h.db", "--audit-schedule", "0 6 * * *")
    assert init(*init.all_options, *words, *schedule).returncode == 0
    written = init.config.read_text()
    assert all(each in written for each in ('"eu"', '"ids"', '"weekly"', "h.db", "0 6 * * *"))
    assert init("config", "check", "--without-secrets").returncode == 0


def test_at_a_terminal_a_service_apps_key_is_named_by_its_file(init):
    client = init.sandbox.world.add_oauth_client()
    (init.folder / "key.pem").write_text(client.private_key)
    words = (*init.addresses, "--app", "Unleash", "--name", "a", "--slack-channel", "none")
    terminal = Terminal(init.folder, "init", *words)
    terminal.answer("Client id of the Okta service app", client.id)
    terminal.answer("File with the private key", "none.pem")
    terminal.answer("File with the private key", "key.pem")
    terminal.answer("Unleash token (Enter", init.sandbox.world.unleash_token)
    terminal.answer("Press Enter to keep them", "")
    terminal.answer("Press Enter to run the first audit", "no")
    assert terminal.end() == 0
    assert init("run").returncode == 0


def test_at_a_terminal_one_of_several_apps_is_chosen_by_number(tmp_path, run_here):
    with Sandbox(World.clean(people=2)) as sandbox:
        init = Init(sandbox, tmp_path, run_here)
        add_a_second_app(sandbox)
        words = (*init.addresses, "--okta-token-file", "okta", "--app", "Unl", "--name", "a")
        terminal = Terminal(tmp_path, "init", *words, "--slack-channel", "none")
        terminal.answer("Which app", "3")
        terminal.answer("Which app", "2")
        terminal.answer("Unleash token (Enter", "")
        terminal.answer("Press Enter to keep them", "")
        assert terminal.end() == 0
        assert "is not a number from 1 to 2" in terminal.output
        assert "# The app 0oasecond00000000000 is Unleash staging." in init.config.read_text()


def test_an_interrupt_writes_no_file(init):
    terminal = Terminal(init.folder, "init")
    terminal.answer("Okta org", "\x04")
    assert terminal.end() == 130
    assert not init.config.exists()


@pytest.mark.parametrize("service", ["okta", "unleash", "slack"])
def test_a_refused_token_in_a_file_is_named_and_writes_no_file(init, service):
    (init.folder / "wrong").write_text("xoxb-wrong" if service == "slack" else "wrong")
    slack = ("--slack-channel", "#alerts", "--slack-base-url", f"{init.sandbox.slack_url}/api")
    ended = init(*init.all_options, *slack, f"--{service}-token-file", "wrong")
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr.startswith(f"auditor: {service.title()} refuses the credential")
    assert not init.config.exists()
    assert not (init.folder / "secrets").exists()


def test_a_slack_token_is_tested(init):
    slack = init.sandbox.slack
    (init.folder / "slack").write_text(slack.token)
    words = ("--slack-channel", "#alerts", "--slack-base-url", f"{init.sandbox.slack_url}/api")
    ended = init(*init.all_options, *words, "--slack-token-file", "slack")
    assert (ended.returncode, ended.stderr) == (0, "")
    assert f'base_url = "{init.sandbox.slack_url}/api"' in init.config.read_text()


@pytest.mark.parametrize("service", ["Okta", "Unleash"])
def test_a_refused_token_is_requested_three_times(init, service):
    words = (*init.addresses, "--app", init.sandbox.world.app_id, "--client-id", "token")
    terminal = Terminal(init.folder, "init", *words)
    if service == "Unleash":
        terminal.answer("Okta token (Enter", "")
    for _ in range(3):
        terminal.answer(f"{service} token (Enter", "wrong")
    assert terminal.end() == 2
    assert terminal.output.count(f"{service} refuses the credential") == 3
    assert not init.config.exists()


def test_a_token_that_cannot_be_tested_is_a_warning(init):
    (init.folder / "token").write_text("user:later")
    words = ("init", "--org-url", init.sandbox.okta_url, "--app", init.sandbox.world.app_id)
    unreachable = ("--unleash-url", "http://127.0.0.1:9", "--unleash-token-file", "token")
    ended = init(*words, *unreachable)
    assert ended.returncode == 0
    assert ended.stderr.startswith("auditor: warning: the Unleash token could not be checked: ")
    assert init.config.exists()
