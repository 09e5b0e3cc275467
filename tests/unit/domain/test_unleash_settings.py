"""The sign-on settings of Unleash."""

import pytest

from auditor.domain.collections import MissingReason
from auditor.domain.unleash_settings import Setting, read_single_sign_on
from tests.support.builders.contexts import clean_snapshot, missing


@pytest.mark.parametrize("way", ["saml", "oidc"])
def test_single_sign_on_is_off_on_an_edition_without_it(way) -> None:
    snapshot = clean_snapshot(**{way: missing(MissingReason.NOT_ON_THIS_EDITION)})
    assert read_single_sign_on(snapshot, way) == Setting(is_on=False, source=f"unleash.{way}")
