from pathlib import Path

import pytest

from tests.support.builders.config_files import ConfigFolder


@pytest.fixture
def config(tmp_path: Path) -> ConfigFolder:
    return ConfigFolder(tmp_path)
