"""The health checks of `doctor` beside Okta and Unleash: the database and the network."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from starlette.applications import Starlette

from auditor.collect.connection_checks import attempt_connection
from auditor.engine.diagnostics.health import HealthStatus
from auditor.store.database_checks import check_store, file_system_of
from tests.support.builders.config_files import settings_in
from tests.support.peers.tls_server import serve_tls, write_certificate

MOUNTS = r"""
overlay / overlay rw 0 0
server:/export /var/lib nfs4 rw,vers=4.2 0 0
/dev/sda1 /var/lib/auditor ext4 rw 0 0
//server/share /mnt/our\040share cifs rw 0 0
""".lstrip()


@pytest.fixture
def mounts(tmp_path: Path) -> Path:
    file = tmp_path / "mounts"
    file.write_text(MOUNTS)
    return file


@pytest.mark.parametrize(
    ("file", "kind"),
    [
        ("/home/me/auditor.db", "overlay"),
        ("/var/lib/other/auditor.db", "nfs4"),
        ("/var/library/auditor.db", "overlay"),
        ("/var/lib/auditor/auditor.db", "ext4"),
        ("/mnt/our share/auditor.db", "cifs"),
    ],
)
def test_a_file_is_on_the_nearest_mount(mounts, file, kind):
    assert file_system_of(Path(file), mounts) == kind


def test_without_a_mount_table_no_check_is_reported(tmp_path):
    assert file_system_of(tmp_path, tmp_path / "none") == ""


@pytest.mark.parametrize(
    ("kind", "standings"),
    [
        ("ext4", [HealthStatus.OK]),
        ("nfs", [HealthStatus.OK, HealthStatus.WARNING]),
        ("nfs4", [HealthStatus.OK, HealthStatus.WARNING]),
    ],
)
def test_sqlite_on_a_network_file_system_is_a_warning(tmp_path, kind, standings):
    mounts = tmp_path / "mounts"
    mounts.write_text(f"server:/export {tmp_path} {kind} rw 0 0\n")
    settings = settings_in(tmp_path, '[store]\nurl = "sqlite:///a.db"').store
    assert [check.status for check in check_store(settings, mounts)] == standings


@pytest.mark.postgres
def test_postgresql_is_opened_like_in_an_audit(postgres_url, tmp_path):
    settings = settings_in(
        tmp_path, '[store]\nurl_env = "DATABASE"', {"DATABASE": postgres_url}
    ).store
    (check,) = check_store(settings)
    assert check.status is HealthStatus.ERROR
    assert "run `auditor db upgrade`" in check.message


def test_the_tls_version_and_the_private_authority_are_reported(tmp_path, monkeypatch):
    chain, key = write_certificate(tmp_path)
    with serve_tls(Starlette(), chain, key) as url:
        monkeypatch.delenv("SSL_CERT_FILE", raising=False)
        assert "network at GET /health" in attempt_connection(url, "/health", now).failure
        monkeypatch.setenv("SSL_CERT_FILE", str(chain))
        found = attempt_connection(url, "/health", now)
    assert (found.failure, found.tls, found.trust) == ("", "TLSv1.3", "SSL_CERT_FILE")
    assert found.ahead is not None
    assert abs(found.ahead.total_seconds()) < 60


def now() -> datetime:
    return datetime.now(UTC)
