"""Very many targets on one real PostgreSQL: eight processes; some overlap, some are killed."""

import re
import signal
from collections import Counter
from functools import partial
from itertools import chain

import pytest

from auditor.store import open_store
from tests.support.peers.processes import PATIENCE
from tests.support.processes.service_process import eventually
from tests.support.processes.warm_process import WarmProcess

TARGETS = 200
SHARDS = ("1/4", "2/4", "3/4", "4/4", "1/2", "2/2", "2/3", "1/1")
"""Number of parts. Every target is in three or four of the parts that run, so half of them would be
enough."""

KILLED = {1000: "1/4", 2500: "2/3", 4000: "1/1"}
"""Number of a part to the number of requests after which its process is killed and started again.
Each target needs 31 requests."""


def put_half_into_another_org(installation) -> None:
    """Give every second target another address: all targets of an org are in one shard."""
    head, *tables = installation.path.read_text().split("[[target]]")
    tables[1::2] = [table.replace("//127.0.0.1", "//localhost", 1) for table in tables[1::2]]
    installation.path.write_text("[[target]]".join([head, *tables]))


@pytest.fixture
def batch_of(installation, postgres_url, tmp_path):
    """Return a function that begins a shard of the batch, and one that counts its audits."""
    names = ["sandbox", *(f"target-{number}" for number in range(1, TARGETS))]
    installation.write(f'[store]\nurl = "{postgres_url.replace("+psycopg", "")}"\n')
    for name in names[1:]:
        installation.add_target(name)
    put_half_into_another_org(installation)
    with open_store(postgres_url, migrate=True):
        pass
    words = ("run", "-c", str(installation.path), "--if-older-than", "1h", "--lock-timeout", "120")

    def begin(shard: str) -> WarmProcess:
        options = ("--jobs", "2", "--shard", shard)
        return WarmProcess(*words, *options, env=installation.environ, folder=tmp_path)

    def audited() -> Counter[str]:
        with open_store(postgres_url) as store:
            return Counter(
                {name: len(store.history.audits(name)) for name in store.history.targets()}
            )

    return begin, audited, names


@pytest.mark.postgres
def test_overlapping_and_killed_shards_audit_every_target_once_a_round(installation, batch_of):
    begin, audited, names = batch_of

    def have_asked(requests: int) -> bool:
        return len(installation.sandbox.requests) >= requests

    running = {shard: begin(shard) for shard in SHARDS}
    killed = []
    try:
        for number, shard in KILLED.items():
            eventually(partial(have_asked, number))
            running[shard].kill()
            killed.append(running[shard])
            running[shard] = begin(shard)
        stderr_of = {shard: each.communicate(PATIENCE)[1] for shard, each in running.items()}
        lines = "".join(stderr_of.values()).splitlines()
        allowed = ("skipped, audited at", "waiting, next attempt")
        assert not [line for line in lines if not any(map(line.__contains__, allowed))]
        # a message that another process claims or delivers is pending for this one
        assert {shard: each.returncode for shard, each in running.items()} == {
            shard: 4 if "waiting, next attempt" in stderr_of[shard] else 0 for shard in SHARDS
        }, stderr_of
        assert [each.wait() for each in killed] == [-signal.SIGKILL] * len(KILLED)
        assert audited() == Counter(names)
        reported = re.findall(r"First audit of (\S+):", installation.sandbox.slack.transcript())
        assert set(reported) <= set(names)
        # notifications that a killed process had claimed are delivered later
        assert TARGETS * 0.9 < len(reported) == len(set(reported))
        again = begin("1/4")
        again.communicate(PATIENCE)
        assert again.returncode == 0
        assert audited() == Counter(names)
    finally:
        for each in chain(running.values(), killed):
            each.kill()
            each.communicate()
