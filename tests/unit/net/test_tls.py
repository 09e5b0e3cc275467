"""When the certificate authorities are read again."""

import os
import ssl
from pathlib import Path

import certifi
import pytest

from auditor.errors import ConfigError
from auditor.net.tls import trusted, trusted_for


@pytest.fixture
def authorities(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    file = tmp_path / "authorities.pem"
    file.write_bytes(Path(certifi.where()).read_bytes())
    monkeypatch.delenv("SSL_CERT_DIR", raising=False)
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    return file


@pytest.mark.usefixtures("authorities")
def test_authorities_are_read_once():
    assert trusted() is trusted()


def test_a_replaced_file_is_read_again(authorities, tmp_path):
    before = trusted()
    first, end, _ = authorities.read_text().partition("-----END CERTIFICATE-----\n")
    fresh = tmp_path / "fresh.pem"
    fresh.write_text(first + end)
    fresh.replace(authorities)
    assert len(trusted().get_ca_certs()) == 1
    assert len(before.get_ca_certs()) > 1


def test_a_file_that_becomes_unusable_is_reported(authorities):
    trusted()
    authorities.write_text("")
    with pytest.raises(ConfigError, match="SSL_CERT_FILE cannot be used"):
        trusted()


def test_a_pipe_is_not_waited_for(authorities):
    trusted()
    authorities.unlink()
    os.mkfifo(authorities)
    with pytest.raises(ConfigError, match="not a regular file"):
        trusted()


@pytest.mark.usefixtures("authorities")
def test_another_variable_is_read_as_well(tmp_path, monkeypatch):
    trusted()
    monkeypatch.delenv("SSL_CERT_FILE")
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path / "absent"))
    with pytest.raises(ConfigError, match="no such folder"):
        trusted()


def test_plain_http_needs_no_authority(monkeypatch):
    for variable in ("SSL_CERT_FILE", "SSL_CERT_DIR"):
        monkeypatch.delenv(variable, raising=False)
    found = trusted_for("http://unleash.local/")
    assert found.get_ca_certs() == []
    assert found.verify_mode == ssl.CERT_REQUIRED, "it is safe should it ever be used"
    assert trusted_for("HTTPS://acme.okta.com").get_ca_certs()


def test_authorities_that_the_environment_names_are_read_for_plain_http_too(authorities):
    authorities.write_text("")
    with pytest.raises(ConfigError, match="SSL_CERT_FILE cannot be used"):
        trusted_for("http://unleash.local/")
