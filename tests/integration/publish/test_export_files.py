import csv
import json
import stat

import pytest
from msgspec.structs import replace

from auditor.config.reference import config_schema
from auditor.publish.latest_exports import LATEST_FILES, RENDERERS, write_exports
from tests.support.builders.reports import finding, report


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "production"


def test_each_format_is_a_file_with_a_fixed_name_in_the_targets_folder(tmp_path, folder):
    assert write_exports(report(finding()), str(tmp_path), RENDERERS) == ()
    assert {each.name for each in folder.iterdir()} == set(LATEST_FILES.values())
    (shown,) = json.loads((folder / "latest.json").read_text())["reports"]
    (row,) = csv.DictReader((folder / "latest.csv").read_text().splitlines())
    first, *_ = (folder / "latest.ocsf.jsonl").read_text().splitlines()
    assert shown["findings"][0]["rule"] == row["rule"] == "push-flag-off"
    assert json.loads(first)["class_uid"] == 2003


def test_only_the_owner_can_read_the_file(tmp_path, folder):
    write_exports(report(finding()), str(tmp_path), RENDERERS)
    assert {stat.S_IMODE(each.stat().st_mode) for each in folder.iterdir()} == {0o600}


def test_a_later_export_replaces_the_file(tmp_path, folder):
    for seen in (report(finding()), report()):
        write_exports(seen, str(tmp_path), ["csv"])
    assert len((folder / "latest.csv").read_text().splitlines()) == 1


def test_an_export_contains_only_its_own_target(tmp_path):
    ours = report(finding(message="Ada is ours."))
    theirs = report(finding(message="Ben is theirs."))
    theirs = replace(theirs, target=replace(theirs.target, name="staging"))
    for each in (ours, theirs):
        write_exports(each, str(tmp_path), RENDERERS)
    for name in LATEST_FILES.values():
        assert "Ben" not in (tmp_path / "production" / name).read_text()
        assert "Ada" not in (tmp_path / "staging" / name).read_text()


def test_the_reason_of_a_failed_export_is_returned_once(tmp_path):
    (tmp_path / "production").write_text("a file, not a folder")
    (why,) = write_exports(report(), str(tmp_path), RENDERERS)
    assert "check that the auditor can write there" in why


def test_a_failed_export_does_not_prevent_others(tmp_path, folder):
    (folder / "latest.csv").mkdir(parents=True)
    (why,) = write_exports(report(), str(tmp_path), RENDERERS)
    assert "production" in why
    assert {each.name for each in folder.iterdir()} == set(LATEST_FILES.values())


def test_every_configurable_format_can_be_written():
    table = config_schema()["$defs"]["ReportSettings"]["properties"]
    assert set(table["exports"]["items"]["enum"]) == RENDERERS.keys() == LATEST_FILES.keys()
