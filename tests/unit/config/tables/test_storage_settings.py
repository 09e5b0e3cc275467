"""The keys of [report] for exports."""

import pytest

from auditor.config.loading import load_settings
from auditor.errors import ConfigError
from tests.support.builders.config_files import MINIMAL, SECRETS


@pytest.fixture
def load(tmp_path):
    def load(table):
        path = tmp_path / "auditor.toml"
        path.write_text(f"{MINIMAL}\n[report]\n{table}")
        return load_settings(path, SECRETS).report

    return load


def test_nothing_is_exported_by_default(load):
    assert load("").exports == ()


def test_exports_are_written_beside_the_reports(load, tmp_path):
    report = load('destination = "pages"\nexports = ["csv", "json", "csv"]')
    assert (report.exports, report.export_destination) == (("csv", "json"), str(tmp_path / "pages"))


@pytest.mark.parametrize("place", ["s3://bucket/audit", "files"])
def test_exports_can_be_written_elsewhere(load, tmp_path, place):
    report = load(f'exports = ["ocsf"]\nexports_to = "{place}"')
    assert report.export_destination == (place if "://" in place else str(tmp_path / place))
    assert report.destination == str(tmp_path / "reports")


def test_an_unknown_format_is_refused(load):
    with pytest.raises(ConfigError, match=r"report\.exports.*xml"):
        load('exports = ["xml"]')
