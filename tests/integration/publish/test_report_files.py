"""Report files: names, immutability, index, permissions, destinations."""

import csv
import hashlib
import re
import resource
import signal
import stat
import tempfile
import tracemalloc
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import fsspec
import pytest
from fsspec.implementations.memory import MemoryFileSystem
from msgspec.structs import replace

from auditor.errors import DeliveryError
from auditor.publish import archive
from auditor.publish.destinations import open_destination
from auditor.publish.report_page import render
from auditor.publish.report_week import last_complete_week
from tests.support.builders.reports import finding, many, report

WEEK_47 = ("2026-W47.csv", "2026-W47.html")
WEEK_48 = ("2026-W48.csv", "2026-W48.html")
INDEX = ("index.html", "index.json")


def week(number, *findings):
    """Return the report of an ISO week of 2026."""
    until = datetime.fromisocalendar(2026, number + 1, 1).replace(tzinfo=UTC)
    since = until - timedelta(weeks=1)
    return replace(report(*findings), since=since, until=until, week=f"2026-W{number}")


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "reports" / "production"


def names(folder):
    return sorted(each.name for each in folder.iterdir())


def test_a_weekly_report_is_named_after_its_week(tmp_path, folder):
    written = archive.write(week(48, finding()), str(tmp_path / "reports"))
    page = (folder / "2026-W48.html").read_bytes()
    assert written.address == str(folder / "2026-W48.html")
    assert written.sha256 == hashlib.sha256(page).hexdigest()
    assert "1 open cause" in page.decode()


def test_only_the_owner_can_read_the_file(tmp_path, folder):
    archive.write(week(48), str(tmp_path / "reports"))
    assert {stat.S_IMODE(each.stat().st_mode) for each in folder.iterdir()} == {0o600}
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_a_weekly_report_never_changes(tmp_path, folder):
    place = str(tmp_path / "reports")
    first = archive.write(week(48, finding()), place)
    page = (folder / "2026-W48.html").read_bytes()
    assert archive.write(week(48), place) == first
    assert (folder / "2026-W48.html").read_bytes() == page
    assert names(folder) == [*WEEK_48, *INDEX]


def test_an_ad_hoc_report_has_its_own_name(tmp_path, folder):
    place = str(tmp_path / "reports")
    archive.write(week(47), place)
    archive.write(report(finding()), place)
    name = "report-2026-11-16-to-2026-11-23T0900Z"
    assert names(folder) == [*WEEK_47, *INDEX, f"{name}.csv", f"{name}.html"]
    assert f'href="{name}.html"' in (folder / "index.html").read_text()


def test_the_latest_page_is_separate_from_the_weekly_reports(tmp_path, folder):
    place = str(tmp_path / "reports")
    archive.write(week(48), place)
    page = (folder / "2026-W48.html").read_bytes()
    archive.write_latest(report(finding()), place)
    assert "1 open cause" in (folder / "latest.html").read_text()
    assert (folder / "2026-W48.html").read_bytes() == page


def test_the_index_lists_every_week_the_latest_first(tmp_path, folder):
    place = str(tmp_path / "reports")
    archive.write(week(47, finding()), place)
    archive.write(week(48), place)
    index = (folder / "index.html").read_text()
    assert index.index('href="2026-W48.html"') < index.index('href="2026-W47.html"')
    assert "1 open cause" in index


def test_the_configured_number_of_reports_is_kept(tmp_path, folder):
    for number in (45, 46, 47, 48):
        archive.write(week(number), str(tmp_path / "reports"), keep=2)
    assert names(folder) == [*WEEK_47, *WEEK_48, *INDEX]
    assert "W46" not in (folder / "index.html").read_text()


def test_a_page_with_very_many_findings_links_to_a_table_with_all_of_them(tmp_path, folder):
    archive.write(replace(many(10_000), week="2026-W48"), str(tmp_path / "reports"))
    page = (folder / "2026-W48.html").read_text()
    assert re.search(r'and [\d,]+ more, in <a href="2026-W48.csv"', page)
    with (folder / "2026-W48.csv").open(newline="") as table:
        listed = {row["id"] for row in csv.DictReader(table)}
    assert listed == {each.id for each in many(10_000).findings}


def test_a_page_that_is_sent_has_no_link_to_a_table():
    page = render(many(10_000))
    assert "2026-W48.csv" not in page
    assert "more, which <code>auditor export --format csv</code> lists" in page


def test_targets_of_different_owners_have_separate_folders(tmp_path):
    ours = report(finding(message="Ada is ours."))
    theirs = report(finding(message="Ben is theirs."))
    theirs = replace(theirs, target=replace(theirs.target, name="staging"))
    for each in (ours, theirs, ours):
        archive.write(each, str(tmp_path))
    for folder, foreign in (("production", "Ben|staging"), ("staging", "Ada|production")):
        written = [each.read_text() for each in (tmp_path / folder).iterdir()]
        assert len(written) == 2 + len(INDEX)
        assert [text for text in written if re.search(foreign, text)] == []
    assert sorted(each.name for each in tmp_path.iterdir()) == ["production", "staging"]


@pytest.mark.parametrize(
    ("at", "zone", "name", "since"),
    [
        ("2026-11-30T06:30+00:00", "UTC", "2026-W48", "2026-11-23T00:00+00:00"),
        ("2026-12-06T23:59+00:00", "UTC", "2026-W48", "2026-11-23T00:00+00:00"),
        ("2027-01-04T00:00+00:00", "UTC", "2026-W53", "2026-12-28T00:00+00:00"),
        ("2026-11-29T15:30+00:00", "Asia/Tokyo", "2026-W48", "2026-11-22T15:00+00:00"),
        ("2026-11-30T03:00+00:00", "America/New_York", "2026-W47", "2026-11-16T05:00+00:00"),
        ("2026-10-26T06:30+00:00", "Europe/Berlin", "2026-W43", "2026-10-18T22:00+00:00"),
    ],
)
def test_a_weekly_report_covers_the_last_complete_week_in_the_zone(at, zone, name, since):
    found = last_complete_week(datetime.fromisoformat(at), ZoneInfo(zone))
    assert (found.name, found.since) == (name, datetime.fromisoformat(since))
    assert found.until <= datetime.fromisoformat(at)


def test_a_damaged_ledger_affects_only_the_past_entries_of_the_index(tmp_path, folder):
    folder.mkdir(parents=True)
    (folder / "index.json").write_text('[{"name": 7')
    archive.write(week(48), str(tmp_path / "reports"))
    assert 'href="2026-W48.html"' in (folder / "index.html").read_text()


def test_an_unwritable_folder_is_named(tmp_path):
    (tmp_path / "reports").write_text("a file, not a folder")
    with pytest.raises(DeliveryError, match=r"reports/production: .*check that the auditor can"):
        archive.write(report(), str(tmp_path / "reports"))


def test_a_failed_write_keeps_the_existing_file(tmp_path, folder, monkeypatch):
    archive.write_latest(report(finding()), str(tmp_path / "reports"))

    def full(_descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(DeliveryError, match=r"No space left on device \(free disk space\)$"):
        archive.write_latest(report(), str(tmp_path / "reports"))
    assert "1 open cause" in (folder / "latest.html").read_text()
    assert names(folder) == ["latest.csv", "latest.html"]


def test_every_fsspec_destination_can_be_used():
    for number in (47, 48):
        written = archive.write(week(number), "memory://bucket/reports", keep=1)
    assert written.address == "memory://bucket/reports/production/2026-W48.html"
    memory = fsspec.filesystem("memory")
    assert sorted(memory.ls("/bucket/reports/production", detail=False)) == [
        f"/bucket/reports/production/{name}" for name in (*WEEK_48, *INDEX)
    ]


class Closed(MemoryFileSystem):  # type: ignore[misc]  # it has no types
    """A file system with its own exception types, like those of cloud providers."""

    protocol = "closed"

    def pipe_file(self, *_args, **_kwargs):
        msg = "Unable to locate credentials"
        raise LookupError(msg)

    cat_file = rm_file = pipe_file


def test_a_link_that_takes_the_place_of_a_report_is_never_read(tmp_path):
    secret = tmp_path / "secret"
    secret.write_bytes(b"canary")
    folder = open_destination(str(tmp_path / "reports"), "production")
    path = Path(folder.write("latest.html", b"page"))

    def swap() -> None:
        for _ in range(1000):
            path.unlink()
            path.symlink_to(secret)
            path.unlink()
            path.write_bytes(b"page")

    read = set()
    with ThreadPoolExecutor(1) as pool:
        swapping = pool.submit(swap)
        while not swapping.done():
            read.add(folder.read("latest.html"))
    assert swapping.exception() is None
    assert read <= {b"page", b"", None}


MEGABYTE = bytes(1024 * 1024)


def test_a_large_file_for_an_object_store_is_not_kept_in_memory(tmp_path):
    folder = open_destination(f"file://{tmp_path}/store", "production")
    (tmp_path / "store" / "production").mkdir(parents=True)
    tracemalloc.start()
    try:
        folder.write_chunks("latest.csv", (bytes(MEGABYTE) for _ in range(64)))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert (tmp_path / "store/production/latest.csv").stat().st_size == 64 * len(MEGABYTE)
    assert peak < 16 * len(MEGABYTE)


def test_an_upload_that_fails_leaves_the_earlier_object_and_no_temporary_file(
    tmp_path, monkeypatch
):
    fsspec.register_implementation("breaking", Breaking, clobber=True)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    folder = open_destination("breaking://bucket", "production")
    folder.write("latest.csv", b"earlier")

    def interrupted():
        yield from [MEGABYTE] * 8
        message = "a fault of the writer"
        raise RuntimeError(message)

    with pytest.raises(RuntimeError, match="a fault of the writer"):
        folder.write_chunks("latest.csv", interrupted())
    with pytest.raises(DeliveryError, match="breaking://bucket/production: the connection broke"):
        folder.write_chunks("latest.csv", [MEGABYTE] * 8)
    assert folder.read("latest.csv") == b"earlier"
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_for_temporary_files_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    folder = open_destination("memory://bucket", "full")
    with file_size_limit(6 * len(MEGABYTE)), pytest.raises(DeliveryError) as raised:
        folder.write_chunks("latest.csv", [MEGABYTE] * 8)
    assert str(raised.value).startswith(f"{tmp_path}: File too large")
    assert not folder.exists("latest.csv")


class Breaking(MemoryFileSystem):  # type: ignore[misc]  # it has no types
    """An object store whose connection breaks during each long upload."""

    protocol = "breaking"

    def put_file(self, *_arguments: object, **_options: object) -> None:
        message = "the connection broke"
        raise OSError(message)


@contextmanager
def file_size_limit(size):
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, ignored)


def test_an_error_of_a_file_system_is_reported_as_a_publish_error():
    fsspec.register_implementation("closed", Closed, clobber=True)
    with pytest.raises(DeliveryError, match=r"^closed://bucket/production: Unable to locate cred"):
        archive.write(report(), "closed://bucket")


def test_a_destination_of_an_unknown_scheme_is_refused_with_the_schemes_that_work():
    message = (
        r"^foo://bucket/production: no installed library writes to foo:// "
        r"\(use a directory, s3://BUCKET/PREFIX with the extra \[s3\], gs://BUCKET/PREFIX with "
        r"\[gcs\], or az://CONTAINER/PREFIX with \[azure\]\)$"
    )
    with pytest.raises(DeliveryError, match=message):
        archive.write(report(), "foo://bucket")


def test_a_destination_that_needs_an_extra_names_it():
    with pytest.raises(DeliveryError, match=r"install unleash-okta-auditor\[s3\]"):
        archive.write(report(), "s3://bucket/reports")
