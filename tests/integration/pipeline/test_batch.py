"""``auditor run`` over many targets: shards, parallel audits, metrics and heartbeats."""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from auditor.cli.main import run
from auditor.cli.setup.sandbox_files import environment
from auditor.collect.http.limits import Limits
from auditor.collect.http.rate_limit import budget_of
from auditor.errors import ConfigError
from auditor.pipeline.batch import Shard, audit_all, check_shards, shard_of
from auditor.sandbox.faults.refusals import status
from auditor.store import open_store
from tests.support.processes.service_process import HEARTBEAT, listening

NAMES = ("sandbox", "second", "third", "fourth", "fifth")


@pytest.fixture
def auditor(installation, monkeypatch, capsys):
    """Run the command on five targets; return its exit code, stdout and stderr."""
    for name in NAMES[1:]:
        installation.add_target(name)
    for name, value in environment(installation.sandbox).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("AUDITOR_LOG_LEVEL", "warning")

    def auditor(*words):
        code = run(["run", "-c", str(installation.path), *words])
        printed, complained = capsys.readouterr()
        return code, printed, complained

    return auditor


def audited(installation) -> dict[str, int]:
    with open_store(installation.settings().store.database_url().reveal()) as store:
        return {name: len(store.history.audits(name)) for name in store.history.targets()}


def put_into_another_org(installation, *names: str) -> None:
    """Give targets another address of the same org; the auditor treats it as another org."""
    head, *tables = installation.path.read_text().split("[[target]]")
    moved = [
        table.replace('org_url = "http://127.0.0.1', 'org_url = "http://localhost')
        if any(f'"{name}"' in table for name in names)
        else table
        for table in tables
    ]
    installation.path.write_text("[[target]]".join([head, *moved]))


@pytest.mark.parametrize("of", [1, 3, 5, 16])
def test_every_target_is_in_one_shard(of):
    parts = [Shard(number=number, of=of).part(NAMES, str) for number in range(1, of + 1)]
    assert sorted(name for part in parts for name in part) == sorted(NAMES)
    assert max(map(len, parts)) - min(map(len, parts)) <= 1


@pytest.mark.parametrize("of", [1, 2, 3, 7])
def test_all_targets_of_an_org_are_in_one_shard(of):
    targets = [f"{org}{number}" for number in range(5) for org in "abc"] + ["d0", "a5"]
    parts = [
        Shard(number=number, of=of).part(targets, lambda target: target[0])
        for number in range(1, of + 1)
    ]
    assert sorted(target for part in parts for target in part) == sorted(targets)
    for org in "abcd":
        assert sum(any(target[0] == org for target in part) for part in parts) == 1


def test_clients_of_one_org_share_one_rate_limit():
    budget = budget_of("https://acme.okta.com", Limits())
    assert budget_of("https://ACME.okta.com", Limits()) is budget
    assert budget_of("https://other.okta.com", Limits()) is not budget


@pytest.mark.parametrize(("number", "warnings"), [(50, 0), (51, 1)])
def test_an_org_with_too_many_targets_for_one_process_is_reported(installation, number, warnings):
    (target,) = installation.settings().targets
    assert len(list(check_shards([target] * number))) == warnings


def test_parallel_audits_are_printed_one_by_one_with_a_summary(auditor, installation):
    code, printed, complained = auditor("--jobs", "3")
    assert (code, complained) == (0, "")
    assert audited(installation) == dict.fromkeys(NAMES, 1)
    assert printed.startswith("5 targets: 5 pass\n")
    _, printed, _ = auditor("--jobs", "3", "--format", "json")
    assert [each["target"] for each in json.loads(printed)["targets"]] == list(NAMES)


def test_a_failing_target_does_not_affect_others(auditor, installation):
    text = installation.path.read_text()
    head, third = text.rsplit('name = "third"', 1)
    installation.path.write_text(head + 'name = "third"' + third.replace("UNLEASH_TOKEN", "NO", 1))
    code, printed, complained = auditor("--jobs", "5")
    assert code == 2
    (line,) = complained.splitlines()
    assert line.startswith("auditor: third: ")
    assert printed.startswith("5 targets: 4 pass, 1 not audited\n")
    assert "! not audited  third " in printed
    assert audited(installation) == dict.fromkeys(set(NAMES) - {"third"}, 1)


def test_a_shard_audits_a_part_of_the_targets(auditor, installation):
    put_into_another_org(installation, "second", "fifth")
    auditor("--shard", "2/3")
    assert audited(installation).keys() == {"second", "fifth"}


def test_kubernetes_sets_the_shard(auditor, installation, monkeypatch):
    monkeypatch.setenv("JOB_COMPLETION_INDEX", "0")
    code, _, complained = auditor()
    assert (code, "(set AUDITOR_SHARDS to the number of pods)" in complained) == (2, True)
    monkeypatch.setenv("AUDITOR_SHARDS", "3")
    put_into_another_org(installation, "second", "third", "fifth")
    auditor()
    assert audited(installation).keys() == {"second", "third", "fifth"}
    auditor("-t", "fourth")
    assert audited(installation).keys() == {"second", "third", "fourth", "fifth"}


@pytest.mark.parametrize("shard", ["0/3", "4/3", "3", "a/b", "1/0"])
def test_an_invalid_shard_is_refused(auditor, shard):
    code, _, complained = auditor("--shard", shard)
    assert (code, "is not a part" in complained) == (2, True)


def test_a_recently_audited_target_is_skipped(auditor, installation, monkeypatch):
    auditor("--shard", "1/3")
    monkeypatch.setenv("AUDITOR_LOG_LEVEL", "info")
    code, printed, _ = auditor("--if-older-than", "1h", "--format", "log")
    assert code == 0
    lines = map(json.loads, printed.splitlines())
    (skipped,) = (line for line in lines if "sandbox: skipped, " in line["event"])
    assert skipped["level"] == "info"
    assert audited(installation) == dict.fromkeys(NAMES, 1)


def test_two_batches_at_the_same_time_audit_each_target_once(auditor, installation):
    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(lambda _: auditor("--if-older-than", "1h")[0], range(2))) == [0, 0]
    assert audited(installation) == dict.fromkeys(NAMES, 1)


def test_metrics_are_written_to_a_file(auditor, tmp_path):
    path = tmp_path / "auditor.prom"
    auditor("--metrics-textfile", str(path))
    text = path.read_text()
    assert 'auditor_last_audit_timestamp_seconds{target="fifth"}' in text
    assert "auditor_last_batch_exit_code 0.0" in text


def test_unwritable_metrics_are_reported_and_do_not_change_the_exit_code(auditor, tmp_path):
    path = tmp_path / "nowhere/auditor.prom"
    code, _, complained = auditor("--metrics-textfile", str(path))
    assert code == 0
    assert f"{path}: metrics cannot be written: No such file" in complained


def test_metrics_are_added_to_a_pushgateway(auditor):
    with listening() as gateway:
        auditor("--metrics-push", gateway.url)
    ((method, path, body),) = gateway.asked
    assert method == "POST"
    assert path.startswith("/metrics/job/auditor/instance/")
    assert path.endswith("/shard/1-of-1")
    assert 'auditor_open_findings{severity="high",target="third"} 0.0' in body


@pytest.mark.parametrize(("faulty", "path"), [(False, "/ping"), (True, "/ping/fail")])
def test_the_heartbeat_states_the_result(auditor, installation, monkeypatch, faulty, path):
    installation.path.write_text(installation.path.read_text() + HEARTBEAT)
    with listening() as watcher:
        monkeypatch.setenv("PING", f"{watcher.url}/ping")
        if faulty:
            monkeypatch.delenv("SANDBOX_OKTA_TOKEN")
        auditor()
    assert [asked[1] for asked in watcher.asked] == [path]


def test_an_incomplete_audit_counts_as_an_audit_for_the_heartbeat(
    auditor, installation, monkeypatch
):
    installation.path.write_text(installation.path.read_text() + HEARTBEAT)
    installation.sandbox.faults.add("okta", "/api/v1/mappings", status(403))
    with listening() as watcher:
        monkeypatch.setenv("PING", f"{watcher.url}/ping")
        assert auditor()[0] == 3
    assert [asked[1] for asked in watcher.asked] == ["/ping"]


def test_a_failed_heartbeat_is_reported_without_its_address(auditor, installation, monkeypatch):
    installation.path.write_text(installation.path.read_text() + HEARTBEAT)
    with listening(code=500) as watcher:
        monkeypatch.setenv("PING", f"{watcher.url}/5ecret")
        code, _, complained = auditor()
    assert code == 0
    assert "heartbeat: refused with status 500" in complained
    assert "5ecret" not in complained


@pytest.mark.parametrize("error", [SystemExit(0), GeneratorExit(), RuntimeError()])
@pytest.mark.parametrize("jobs", [1, 2])
def test_an_exit_in_one_audit_ends_no_other(installation, error, jobs):
    settings = installation.settings()

    def audit(*_):
        raise error

    (target,) = settings.targets
    results = list(audit_all(settings, [target] * 2, audit, jobs=jobs))
    assert [result.error for result in results] == [error, error]


def test_more_shards_than_orgs_cost_nothing():
    assert Shard(number=1, of=999_999_999).part(["a1", "b1"], lambda each: each[0]) == ["a1"]
    assert Shard(number=3, of=999_999_999).part(["a1", "b1"], lambda each: each[0]) == []


@pytest.mark.parametrize("number", ["9" * 5000, "²", ""])
def test_a_number_of_a_shard_that_is_none_is_refused(number):
    with pytest.raises(ConfigError, match="set AUDITOR_SHARDS to the number of pods"):
        shard_of({"JOB_COMPLETION_INDEX": number, "AUDITOR_SHARDS": number})


def test_a_span_before_the_calendar_audits_each_target_once(auditor):
    assert auditor("--if-older-than", "999999w")[0] == 0
