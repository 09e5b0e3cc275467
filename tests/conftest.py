"""What every test may ask for."""

from tests.real.fixtures import (  # noqa: F401
    browser,
    page,
    page_without_script,
    postgres,
    postgres_url,
    pytest_collection_modifyitems,
    real_unleash,
    slack_emulator,
    unleash_server,
)
