import csv
import re
import stat
from datetime import UTC, datetime, timedelta

import fsspec
import pytest
from fsspec.implementations.memory import MemoryFileSystem
from msgspec.structs import replace

from auditor.errors import DeliveryError
from auditor.publish import archive
from auditor.publish.report_page import render
from tests.support.builders.reports import UNTIL, finding, many, report

WEEK_48 = ("2026-W48.csv", "2026-W48.html")
INDEX = ("index.html", "index.json")


def ending(at, seen=None):
    return replace(seen or report(), until=at)


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "reports" / "production"


def names(folder):
    return sorted(each.name for each in folder.iterdir())


def test_a_report_lies_in_its_targets_folder_under_its_week(tmp_path, folder):
    address = archive.write(report(finding()), str(tmp_path / "reports"))
    assert address == str(folder / "2026-W48.html")
    assert "1 thing is wrong." in (folder / "2026-W48.html").read_text()


def test_only_its_owner_reads_it(tmp_path, folder):
    archive.write(report(), str(tmp_path / "reports"))
    assert {stat.S_IMODE(each.stat().st_mode) for each in folder.iterdir()} == {0o600}
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_a_later_report_of_the_week_takes_its_place(tmp_path, folder):
    place = str(tmp_path / "reports")
    archive.write(report(finding()), place)
    archive.write(ending(UNTIL + timedelta(hours=1)), place)
    assert names(folder) == [*WEEK_48, *INDEX]
    assert "1 thing is wrong." not in (folder / "2026-W48.html").read_text()


def test_the_index_leads_to_every_week_the_latest_first(tmp_path, folder):
    place = str(tmp_path / "reports")
    archive.write(ending(UNTIL - timedelta(weeks=1), report(finding())), place)
    archive.write(report(), place)
    index = (folder / "index.html").read_text()
    assert index.index('href="2026-W48.html"') < index.index('href="2026-W47.html"')
    assert "1 thing is wrong." in index


def test_so_many_weeks_are_kept(tmp_path, folder):
    for weeks in (3, 2, 1, 0):
        archive.write(ending(UNTIL - timedelta(weeks=weeks)), str(tmp_path / "reports"), keep=2)
    assert names(folder) == ["2026-W47.csv", "2026-W47.html", *WEEK_48, *INDEX]
    assert "W46" not in (folder / "index.html").read_text()


def test_of_very_many_findings_the_page_leads_to_a_table_that_holds_each(tmp_path, folder):
    archive.write(many(10_000), str(tmp_path / "reports"))
    page = (folder / "2026-W48.html").read_text()
    assert re.search(r'and [\d,]+ more, in <a href="2026-W48.csv"', page)
    with (folder / "2026-W48.csv").open(newline="") as table:
        told = {row["id"] for row in csv.DictReader(table)}
    assert told == {each.id for each in many(10_000).findings}


def test_a_page_that_is_sent_leads_to_no_table_that_is_not_there():
    page = render(many(10_000))
    assert "2026-W48.csv" not in page
    assert "more, which <code>auditor export</code> lists" in page


def test_targets_of_different_owners_never_see_each_other(tmp_path):
    ours = report(finding(message="Ada is ours."))
    theirs = report(finding(message="Ben is theirs."))
    theirs = replace(theirs, target=replace(theirs.target, name="staging"))
    for each in (ours, theirs, ours):
        archive.write(each, str(tmp_path))
    for folder, foreign in (("production", "Ben|staging"), ("staging", "Ada|production")):
        written = [each.read_text() for each in (tmp_path / folder).iterdir()]
        assert len(written) == len(WEEK_48) + len(INDEX)
        assert [text for text in written if re.search(foreign, text)] == []
    assert sorted(each.name for each in tmp_path.iterdir()) == ["production", "staging"]


@pytest.mark.parametrize(
    ("day", "name"), [((2026, 12, 31), "2026-W53.html"), ((2027, 1, 3), "2026-W53.html")]
)
def test_a_week_across_two_years_is_one_week(day, name):
    year, month, date = day
    assert archive.file_name(datetime(year, month, date, tzinfo=UTC)) == name


def test_a_broken_ledger_costs_the_index_its_past_only(tmp_path, folder):
    folder.mkdir(parents=True)
    (folder / "index.json").write_text('[{"name": 7')
    archive.write(report(), str(tmp_path / "reports"))
    assert 'href="2026-W48.html"' in (folder / "index.html").read_text()


def test_a_place_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "reports").write_text("a file, not a folder")
    with pytest.raises(DeliveryError, match=r"reports/production: .*check that the auditor may"):
        archive.write(report(), str(tmp_path / "reports"))


def test_what_was_there_stays_when_writing_fails(tmp_path, folder, monkeypatch):
    archive.write(report(finding()), str(tmp_path / "reports"))

    def full(_descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(DeliveryError, match="No space left on device"):
        archive.write(report(), str(tmp_path / "reports"))
    assert "1 thing is wrong." in (folder / "2026-W48.html").read_text()
    assert names(folder) == [*WEEK_48, *INDEX]


def test_any_place_that_fsspec_knows_will_do():
    for weeks in (1, 0):
        address = archive.write(
            ending(UNTIL - timedelta(weeks=weeks)), "memory://bucket/reports", keep=1
        )
    assert address == "memory://bucket/reports/production/2026-W48.html"
    memory = fsspec.filesystem("memory")
    assert sorted(memory.ls("/bucket/reports/production", detail=False)) == [
        f"/bucket/reports/production/{name}" for name in (*WEEK_48, *INDEX)
    ]


class Closed(MemoryFileSystem):  # type: ignore[misc]  # it has no types
    """A store whose errors are of its own kind, as those of the clouds are."""

    protocol = "closed"

    def pipe_file(self, *_args, **_kwargs):
        msg = "Unable to locate credentials"
        raise LookupError(msg)

    cat_file = rm_file = pipe_file


def test_what_a_store_complains_of_in_its_own_way_is_told_as_ours():
    fsspec.register_implementation("closed", Closed, clobber=True)
    with pytest.raises(DeliveryError, match=r"^closed://bucket/production: Unable to locate cred"):
        archive.write(report(), "closed://bucket")


def test_a_place_that_needs_an_extra_says_which():
    with pytest.raises(DeliveryError, match=r"install unleash-okta-auditor\[s3\]"):
        archive.write(report(), "s3://bucket/reports")
