"""Shards as processes on one real PostgreSQL: some overlap, some are killed."""

import subprocess
import sys
from time import sleep

import pytest

from auditor.cli.small_world import environment
from auditor.store import open_store

TARGETS = 12


@pytest.mark.postgres
def test_shards_that_overlap_and_die_audit_every_target_once_a_round(house, postgres_url):
    url = postgres_url.replace("+psycopg", "")
    house.write(f'[store]\nurl = "{url}"\n')
    names = ["sandbox", *(f"target-{number}" for number in range(1, TARGETS))]
    for name in names[1:]:
        house.add_target(name)
    with open_store(postgres_url, migrate=True):
        pass

    def begin(shard: str) -> subprocess.Popen[bytes]:
        words = ("run", "-c", str(house.path), "--if-older-than", "1h", "--lock-timeout", "120")
        return subprocess.Popen(
            [sys.executable, "-m", "auditor", *words, "--jobs", "2", "--shard", shard],
            env={**house.environ, **environment(house.sandbox)},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )

    shards = [begin(shard) for shard in ("1/2", "2/2", "1/1")]
    while len(house.sandbox.requests) < 40:
        sleep(0.05)
    shards[0].kill()
    said = [shard.communicate(timeout=240)[1].decode() for shard in shards]
    assert [shard.returncode for shard in shards] == [-9, 0, 0], said
    with open_store(postgres_url) as store:
        assert {name: len(store.runs(name)) for name in names} == dict.fromkeys(names, 1)
    with begin("1/2") as again:
        again.communicate(timeout=240)
    assert again.returncode == 0
    with open_store(postgres_url) as store:
        assert {name: len(store.runs(name)) for name in names} == dict.fromkeys(names, 1)
