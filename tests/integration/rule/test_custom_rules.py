"""A rule of ``rule_paths`` runs in a child process, and no fault of it affects another rule."""

import json
import os
import py_compile
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from auditor.domain.identity.people import join
from auditor.domain.reasons import ProcessEnd, Reason, RuleFailed, RuleProcessEnded
from auditor.domain.waivers import Attestation
from auditor.engine.evaluation.evaluate import evaluate
from auditor.engine.evaluation.verdicts import Evaluated, Verdict, VerdictStatus
from auditor.errors import ConfigError
from auditor.resources import shipped
from auditor.rule.binding import BoundRule, bind
from auditor.rule.custom.custom_rule import CustomEvaluation, load_custom_rules
from auditor.rule.custom.rule_process import ProcessLimits
from auditor.rule.loader import load_rules
from auditor.rule.texts.reason_text import reason_text
from tests.support.builders.contexts import AT, clean_snapshot
from tests.support.builders.custom_rules import write_rule

OTHER = "another-rule"
"""A second custom rule, which passes."""


def bound(folder: Path, *, built_in: bool = True) -> tuple[BoundRule, ...]:
    directories = [*([shipped("rules")] if built_in else []), folder]
    return bind(load_rules(directories), where="auditor.toml: rules")


def verdicts(evaluated: Evaluated) -> dict[str, Verdict]:
    return {each.rule: each for each in evaluated.verdicts}


def evaluated_with(body: str, folder: Path, top: str = "") -> dict[str, Verdict]:
    """Evaluate a world with a rule of this body, and with one that comes before it."""
    write_rule(folder, OTHER)
    write_rule(folder, body=body, top=top)
    return verdicts(evaluate(clean_snapshot(), bound(folder)))


def limited(folder: Path, limits: ProcessLimits) -> dict[str, str]:
    """Evaluate the custom rules with other limits. Returns the text of each reason."""
    rules = load_custom_rules(folder)
    process = CustomEvaluation([(each, each.bind({}, "rules")) for each in rules], limits)
    plain = bound(folder, built_in=False)
    replaced = [
        BoundRule(
            rule=_with_check(each, process), params=each.params, ceiling=None, version=each.version
        )
        for each in plain
    ]
    found = verdicts(evaluate(clean_snapshot(), replaced))
    return {
        rule: "; ".join(map(reason_text, verdict.reasons)) or verdict.status
        for rule, verdict in found.items()
    }


def _with_check(rule: BoundRule, process: CustomEvaluation):
    return replace(rule.rule, check=process.check(rule.id))


def test_a_custom_rule_reads_the_snapshot_and_returns_its_results(tmp_path):
    body = """\
if context[APP].label != params.label:
    yield Violation(subject=context[APP].id, message=f"{context[APP].label} is not {params.label}",
        evidence=(Evidence(collection=str(APP), field="label", observed="a", expected="b"),))
yield Unknown(reason=Undecidable(why="one part"), subject="s")
yield Passed(basis=Basis.OBSERVED, note=Note(code="fact", about="x", at=context.at))"""
    write_rule(tmp_path, body=body)
    rules = bind(
        load_rules([tmp_path]), {"own-rule": {"label": "Other"}}, where="auditor.toml: rules"
    )
    evaluated = evaluate(clean_snapshot(), rules)
    (finding,) = evaluated.findings
    assert finding.message == f"{clean_snapshot().read['okta.app'].label} is not Other"
    assert finding.evidence[0].observed == "a"
    assert evaluated.unknown_subjects == {("own-rule", "s")}


def test_a_custom_rule_has_the_same_context_as_a_built_in_rule(tmp_path):
    body = """\
attestation = context.attestation("own-rule", "s")
facts = [
    len(context.people.persons),
    sorted(context.snapshot.read), context.at.isoformat(), attestation.by,
    sorted(context.allowed_attributes), len(context.admins.ids),
]
import json
yield Violation(subject="s", message=json.dumps(facts))"""
    write_rule(tmp_path, body=body)
    attestation = Attestation(
        rule="own-rule", by="IAM", on=AT.date(), expires=AT.date(), evidence="T-1"
    )
    (finding,) = [
        each
        for each in evaluate(clean_snapshot(), bound(tmp_path), (attestation,)).findings
        if each.rule == "own-rule"
    ]
    people, names, at, by, _, admins = json.loads(finding.message)
    assert people == len(join(clean_snapshot()).persons)
    assert names == sorted(clean_snapshot().read)
    assert (at, by) == (AT.isoformat(), "IAM")
    assert admins >= 1


DEATHS = {
    "os._exit": "import os; os._exit(0)",
    "a signal": "import os; os.kill(os.getpid(), 15)",
    "a crash": "import ctypes; ctypes.string_at(0)",
    "pipes closed": "import os; os.closerange(0, 100)\nos._exit(0)",
}


@pytest.mark.parametrize("body", DEATHS.values(), ids=DEATHS)
def test_when_the_process_ends_only_its_rules_are_unknown_and_the_rule_is_named(tmp_path, body):
    found = evaluated_with(body, tmp_path)
    assert found["own-rule"].status is VerdictStatus.UNKNOWN
    assert found["own-rule"].reasons == (RuleProcessEnded(why=ProcessEnd.EXIT, rule="own-rule"),)
    assert reason_text(found["own-rule"].reasons[0]) == (
        "the process of the custom rules exited while own-rule was evaluated"
    )
    built_in = bind(load_rules([shipped("rules")]), where="auditor.toml: rules")
    without = verdicts(evaluate(clean_snapshot(), built_in))
    assert {rule: found[rule] for rule in without} == without
    assert found[OTHER].status is VerdictStatus.PASS, "it was done before"


RAISED = {
    "exit with 0": ("import sys; sys.exit(0)", "SystemExit"),
    "quit": ("raise SystemExit", "SystemExit"),
    "an interrupt": ("raise KeyboardInterrupt", "KeyboardInterrupt"),
    "the end of a generator": ("raise GeneratorExit", "GeneratorExit"),
    "a BaseException": ("raise type('Own', (BaseException,), {})", "Own"),
    "endless recursion": ("return check.check(context, params)", "RecursionError"),
    "not a result": ("return ['all is well']", "TypeError"),
    "a wrong field": ("return [Violation(subject=5, message='m')]", "ValidationError"),
    "an argument that is no collection": ("raise DataMissing(1, 2)", "AttributeError"),
    "a time without a zone": (
        "import datetime\nyield Violation(subject='s', message='m', since=datetime.datetime.now())",
        "ValidationError",
    ),
    "an impossible time": (
        "yield Violation(subject='s', message='m', since=context.at.replace(year=9999))",
        "ValidationError",
    ),
    "half a character": ("yield Violation(subject='s', message='\\ud800')", "UnicodeEncodeError"),
    "too much memory": ("x = [bytearray(2**20) for _ in range(10_000)]", "MemoryError"),
    "results without an end": (
        "while True: yield Cleared(subjects=frozenset({'s' * 100_000}))",
        "MemoryError",
    ),
}


@pytest.mark.parametrize(("body", "error"), RAISED.values(), ids=RAISED)
def test_an_error_of_a_rule_makes_only_this_rule_unknown(tmp_path, body, error):
    found = evaluated_with(body, tmp_path)
    (reason,) = found["own-rule"].reasons
    assert isinstance(reason, RuleFailed)
    assert reason.error == error
    assert found[OTHER].status is VerdictStatus.PASS


def test_a_loop_ends_at_the_time_limit(tmp_path):
    write_rule(tmp_path, OTHER)
    write_rule(tmp_path, body="while True: pass")
    assert limited(tmp_path, ProcessLimits(seconds=2)) == {
        OTHER: "pass",
        "own-rule": (
            "the process of the custom rules exceeded its time limit while own-rule was evaluated"
        ),
    }


def is_running(pid: str) -> bool:
    """Return whether a process runs. One that has ended can wait for its parent to notice: Z."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
    return stat.rpartition(")")[2].split()[0] not in {"Z", "X"}


LEFT_BEHIND = {
    "a child": "if os.fork() == 0:\n    note(); time.sleep(60); os._exit(0)",
    "a child in a session of its own": (
        "if os.fork() == 0:\n    os.setsid(); note(); time.sleep(60); os._exit(0)"
    ),
    "a grandchild in a session of its own": (
        "if os.fork() == 0:\n    os.setsid()\n    if os.fork() == 0:\n        os.setsid()\n"
        "        note(); time.sleep(60); os._exit(0)\n    os._exit(0)\nos.wait()"
    ),
    "another program": ("note(subprocess.Popen(['sleep', '60'], start_new_session=True).pid)"),
    "many children": (
        "for _ in range(30):\n    if os.fork() == 0:\n"
        "        os.setsid(); note(); time.sleep(60); os._exit(0)"
    ),
}
"""What a rule starts. Each process writes its id."""

ENDINGS = {
    "the rule goes on": ("time.sleep(0.3); return []", VerdictStatus.PASS),
    "the rule ends its process": ("time.sleep(0.3); os._exit(0)", VerdictStatus.UNKNOWN),
}


@pytest.mark.skipif(sys.platform != "linux", reason="other systems do not adopt orphans")
@pytest.mark.parametrize(("ending", "status"), ENDINGS.values(), ids=ENDINGS)
@pytest.mark.parametrize("start", LEFT_BEHIND.values(), ids=LEFT_BEHIND)
def test_no_process_that_a_rule_starts_outlives_the_audit(tmp_path, start, ending, status):
    notes = tmp_path / "notes"
    notes.mkdir()
    top = (
        "import os, subprocess, time\n"
        f"def note(pid=None): open(f'{notes}/{{pid or os.getpid()}}', 'w').close()"
    )
    (tmp_path / "rules").mkdir()
    found = evaluated_with(f"{start}\n{ending}", tmp_path / "rules", top)
    assert found[OTHER].status is VerdictStatus.PASS
    assert found["own-rule"].status is status
    started = {each.name for each in notes.iterdir()}
    assert started
    assert [pid for pid in started if is_running(pid)] == []


@pytest.mark.skipif(sys.platform != "linux", reason="other systems do not adopt orphans")
def test_processes_end_with_the_time_limit(tmp_path):
    notes = tmp_path / "note"
    body = (
        f"import os, time\nif os.fork() == 0:\n    os.setsid(); open({str(notes)!r}, 'w')"
        ".write(str(os.getpid()))\ntime.sleep(60)"
    )
    (tmp_path / "rules").mkdir()
    write_rule(tmp_path / "rules", body=body)
    found = limited(tmp_path / "rules", ProcessLimits(seconds=2))
    assert "exceeded its time limit" in found["own-rule"]
    assert not is_running(notes.read_text())


def test_a_rule_that_changes_modules_of_the_auditor_changes_no_built_in_rule(tmp_path):
    body = (
        "import auditor.engine.evaluation.evaluate as e, auditor.rule.check_run as c, msgspec\n"
        "e.evaluate = c.run_check = lambda *a, **k: ()\nmsgspec.json.decode = None"
    )
    write_rule(tmp_path, body=body)
    own = verdicts(evaluate(clean_snapshot(), bound(tmp_path)))
    plain = verdicts(
        evaluate(clean_snapshot(), bind(load_rules([shipped("rules")]), where="rules"))
    )
    assert {rule: own[rule] for rule in plain} == plain
    assert (
        verdicts(evaluate(clean_snapshot(), bind(load_rules([shipped("rules")]), where="rules")))
        == plain
    )


def test_a_thread_that_a_rule_starts_ends_with_its_process(tmp_path):
    body = (
        "import threading, time\nthreading.Thread(target=lambda: time.sleep(60)).start()\nreturn []"
    )
    write_rule(tmp_path, body=body)
    found = limited(tmp_path, ProcessLimits(seconds=20))
    assert found["own-rule"] == "pass"


def test_too_many_results_are_not_read(tmp_path):
    write_rule(tmp_path, body="yield Violation(subject='s', message='m' * 1_000_000)")
    found = limited(tmp_path, ProcessLimits(answer_bytes=100_000))
    assert "more results than the limit" in found["own-rule"]


def test_a_rule_has_no_environment_no_input_and_no_open_file_of_the_auditor(tmp_path, monkeypatch):
    monkeypatch.setenv("OKTA_TOKEN", "planted")
    body = """\
import os, stat, sys
files = [each for each in range(3, 64) if _is_open(each)]
kinds = [stat.S_ISFIFO(os.fstat(each).st_mode) for each in files]
ours = [module for module in sys.modules if module.startswith(("auditor.store", "httpx"))]
facts = (dict(os.environ), sys.stdin.read(), kinds, ours, os.getcwd())
yield Violation(subject="s", message=repr(facts))"""
    top = """\
import os
def _is_open(number):
    try:
        os.fstat(number)
    except OSError:
        return False
    return True"""
    write_rule(tmp_path, body=body, top=top)
    with (tmp_path / "open").open("w"):
        (finding,) = evaluate(clean_snapshot(), bound(tmp_path, built_in=False)).findings
    environment, read, pipes, modules, folder = eval(finding.message)
    assert (environment, read, modules, folder) == ({}, "", [], "/")
    assert pipes == [True], "only the pipe of the answer"


def test_what_a_rule_prints_goes_nowhere(tmp_path, capfd):
    body = (
        "import sys, os\nprint('out')\nprint('err', file=sys.stderr)\nos.write(1, b'x')\nreturn []"
    )
    write_rule(tmp_path, body=body)
    (verdict,) = evaluate(clean_snapshot(), bound(tmp_path, built_in=False)).verdicts
    assert verdict.status is VerdictStatus.PASS
    assert capfd.readouterr() == ("", "")


def test_one_process_evaluates_all_custom_rules_of_an_audit(tmp_path):
    body = "import os\nyield Violation(subject='s', message=str(os.getpid()))"
    for name in ("first-rule", "second-rule"):
        write_rule(tmp_path, name, body=body)
    rules = bound(tmp_path, built_in=False)
    first, second = evaluate(clean_snapshot(), rules).findings
    assert first.message == second.message
    assert int(first.message) != os.getpid()
    assert evaluate(clean_snapshot(), rules).findings[0].message != first.message, (
        "one for each audit"
    )


def test_the_code_of_a_rule_file_never_runs_in_this_process(tmp_path):
    top = "import os\nopen(__file__[:-3] + '.pid', 'w').write(str(os.getpid()))"
    path = write_rule(tmp_path, top=top)
    evaluate(clean_snapshot(), bound(tmp_path, built_in=False))
    assert int(path.with_suffix(".pid").read_text()) != os.getpid()
    assert not [name for name in sys.modules if name.endswith(f".{path.stem}")]


@pytest.mark.parametrize(
    ("top", "message"),
    [
        ("import sys; sys.exit(0)", r"own_rule\.py:3: .*cannot be executed: SystemExit: 0"),
        ("raise KeyboardInterrupt", r"own_rule\.py:3: .*cannot be executed: KeyboardInterrupt"),
        ("import os; os._exit(0)", r"own_rule\.py: cannot be loaded: the process .* exited"),
        ("x = 'a' * 2**40", r"own_rule\.py:3: .*cannot be executed: MemoryError"),
    ],
)
def test_a_file_that_ends_its_process_is_named(tmp_path, top, message):
    write_rule(tmp_path, OTHER)
    write_rule(tmp_path, top=top)
    with pytest.raises(ConfigError, match=message):
        load_rules([tmp_path])


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('guide="Okta 5"', "guide=5"),
        ("severity=Severity.LOW", 'severity="urgent"'),
        ("requires={APP}", 'requires={"okta.app"}'),
        ('id="own-rule"', 'id="own rule\\n"'),
        ('id="own-rule"', "id=None"),
        ("params=OwnParams", "params=dict"),
        ('label: str = "Unleash"', 'label: str = "Unleash"\n    log_window: int = 5'),
        ("from auditor.rule import *", "# \x00\nfrom auditor.rule import *"),
        ("from auditor.rule import *", "import os\nos.write(3, b'[]')\nfrom auditor.rule import *"),
        ("from auditor.rule import *", 'import os\nos.write(3, b"\\"end\\"\\n")'),
    ],
)
def test_a_rule_with_a_wrong_definition_is_an_error_of_its_file(tmp_path, old, new):
    path = write_rule(tmp_path)
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    with pytest.raises(ConfigError, match=r"own_rule\.py"):
        load_rules([tmp_path])


def test_a_log_window_without_an_end_is_limited(tmp_path):
    path = write_rule(tmp_path)
    label = 'label: str = "Unleash"'
    window = (
        "    def log_window(self):\n        import datetime\n        return datetime.timedelta.max"
    )
    path.write_text(path.read_text().replace(label, f"{label}\n\n    @property\n{window}"))
    (rule,) = bound(tmp_path, built_in=False)
    assert AT - rule.params.log_window > AT.replace(year=2020)


def test_a_process_that_cannot_be_started_leaves_its_rules_unknown(tmp_path, monkeypatch):
    write_rule(tmp_path)
    rules = bound(tmp_path, built_in=False)
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    (verdict,) = evaluate(clean_snapshot(), rules).verdicts
    assert verdict.reasons == (RuleProcessEnded(why=ProcessEnd.NOT_STARTED, rule="own-rule"),)


def test_code_in_the_parameters_is_code_of_the_rule(tmp_path):
    path = write_rule(tmp_path)
    label = 'label: str = "Unleash"'
    own = f"{label}\n\n    @property\n    def log_window(self):\n        raise SystemExit(0)"
    path.write_text(path.read_text().replace(label, own))
    with pytest.raises(
        ConfigError, match=r"own_rule\.py:\d+: the rule file cannot be executed: SystemExit"
    ):
        load_rules([tmp_path])


def test_the_same_bytes_are_hashed_and_executed(tmp_path):
    path = write_rule(tmp_path, body="yield Violation(subject='s', message='first')")
    rules = bound(tmp_path, built_in=False)
    write_rule(tmp_path, body="yield Violation(subject='s', message='second')")
    (finding,) = evaluate(clean_snapshot(), rules).findings
    assert finding.message == "first"
    (changed,) = bound(tmp_path, built_in=False)
    assert changed.version != rules[0].version
    assert evaluate(clean_snapshot(), [changed]).findings[0].message == "second"
    assert path.exists()


def test_no_compiled_file_is_read_or_written(tmp_path):
    path = write_rule(tmp_path, body="yield Violation(subject='s', message='compiled')")
    py_compile.compile(str(path), invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH)
    (compiled,) = (tmp_path / "__pycache__").iterdir()
    before = compiled.read_bytes()
    write_rule(tmp_path, body="yield Violation(subject='s', message='source')")
    (finding,) = evaluate(clean_snapshot(), bound(tmp_path, built_in=False)).findings
    assert finding.message == "source"
    assert compiled.read_bytes() == before


def test_without_custom_rules_no_process_is_started():
    code = """
import subprocess, sys
def refuse(*_, **__): raise AssertionError
sys.addaudithook(lambda event, _: refuse() if event in {"subprocess.Popen", "os.fork"} else None)
from auditor.resources import shipped
from auditor.rule.binding import bind
from auditor.rule.loader import load_rules
from auditor.engine.evaluation.evaluate import evaluate
from tests.support.builders.contexts import clean_snapshot
assert evaluate(clean_snapshot(), bind(load_rules([shipped("rules")]), where="rules")).verdicts
assert not [each for each in sys.modules if each.startswith("auditor.rule.custom")]
"""
    root = Path(__file__).parents[3]
    subprocess.run([sys.executable, "-c", code], cwd=root, check=True, env={"PYTHONPATH": "."})


def test_a_reason_of_a_process_is_stored_and_read_again():
    reason = RuleProcessEnded(why=ProcessEnd.MEMORY, rule="own-rule")
    assert msgspec.json.decode(msgspec.json.encode(reason), type=Reason) == reason
