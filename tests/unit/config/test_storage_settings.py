"""What each run writes for other programs: ``[report] exports``."""

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


def test_nothing_is_exported_unless_somebody_wants_it(load):
    assert load("").exports == ()


def test_exports_lie_beside_the_reports(load, tmp_path):
    wanted = load('destination = "pages"\nexports = ["csv", "json", "csv"]')
    assert (wanted.exports, wanted.exports_to) == (("csv", "json"), str(tmp_path / "pages"))


@pytest.mark.parametrize("place", ["s3://bucket/audit", "files"])
def test_exports_may_lie_elsewhere(load, tmp_path, place):
    wanted = load(f'exports = ["ocsf"]\nexports_to = "{place}"')
    assert wanted.exports_to == (place if "://" in place else str(tmp_path / place))
    assert wanted.destination == str(tmp_path / "reports")


def test_a_format_that_there_is_not_is_refused(load):
    with pytest.raises(ConfigError, match=r"report\.exports.*xml"):
        load('exports = ["xml"]')
