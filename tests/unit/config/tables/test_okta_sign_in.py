import pytest

from auditor.config.secrets import OKTA_SCOPES
from tests.support.builders.config_files import MINIMAL, SECRETS

KEY_ONLY = MINIMAL.replace(
    'token_env = "OKTA_TOKEN"', 'client_id = "0oaClient"\nprivate_key_file = "key.pem"'
)
NO_SIGN_IN = MINIMAL.replace('token_env = "OKTA_TOKEN"\n', "")


def test_a_service_app_signs_in_with_its_key(config):
    config.write("key.pem", "-----BEGIN-----\nkey\n-----END-----\n")
    okta = config.load(KEY_ONLY).targets[0].credentials().okta
    assert okta.client_id == "0oaClient"
    assert okta.private_key is not None
    assert okta.private_key.reveal() == "-----BEGIN-----\nkey\n-----END-----"
    assert okta.scopes == OKTA_SCOPES


def test_the_variables_of_the_sdk_are_used_for_their_own_org(config):
    environ = SECRETS | {
        "OKTA_CLIENT_ORGURL": "https://ACME.okta.com/",
        "OKTA_CLIENT_TOKEN": "00sdk",
    }
    token = config.load(NO_SIGN_IN, environ).targets[0].credentials().okta.token
    assert token is not None
    assert token.reveal() == "00sdk"


def test_the_variables_of_the_sdk_may_contain_a_key(config):
    environ = SECRETS | {
        "OKTA_CLIENT_ORGURL": "https://acme.okta.com",
        "OKTA_CLIENT_AUTHORIZATIONMODE": "PrivateKey",
        "OKTA_CLIENT_CLIENTID": "0oaClient",
        "OKTA_CLIENT_PRIVATEKEY": "key",
        "OKTA_CLIENT_SCOPES": "okta.apps.read, okta.users.read",
        "OKTA_CLIENT_DPOPENABLED": "True",
    }
    okta = config.load(NO_SIGN_IN, environ).targets[0].credentials().okta
    assert okta.client_id == "0oaClient"
    assert okta.scopes == ("okta.apps.read", "okta.users.read")
    assert okta.dpop


@pytest.mark.parametrize(
    ("environ", "reason"),
    [
        ({}, "has no way to sign in"),
        (
            {"OKTA_CLIENT_TOKEN": "canary"},
            (
                "OKTA_CLIENT_… in the environment is not used: "
                "OKTA_CLIENT_ORGURL is not https://acme.okta.com"
            ),
        ),
        (
            {"OKTA_CLIENT_TOKEN": "canary", "OKTA_CLIENT_ORGURL": "https://evil.okta.com"},
            (
                "OKTA_CLIENT_… in the environment is not used: "
                "OKTA_CLIENT_ORGURL is not https://acme.okta.com"
            ),
        ),
    ],
)
def test_the_variables_of_the_sdk_are_not_used_for_another_org(config, environ, reason):
    (message,) = config.errors(NO_SIGN_IN, SECRETS | environ)
    assert message.startswith(f"target[0].okta: {reason} (set token_env")
    assert "canary" not in message


def test_two_orgs_never_share_a_token_of_the_environment(config):
    second = MINIMAL.replace("production", "other").replace("acme.okta.com", "other.okta.com")
    environ = SECRETS | {
        "OKTA_CLIENT_ORGURL": "https://acme.okta.com",
        "OKTA_CLIENT_TOKEN": "canary",
    }
    assert any(
        "this file names several orgs" in line
        for line in config.errors(NO_SIGN_IN + second, environ)
    )


def test_an_okta_yaml_in_the_working_directory_has_no_effect(config, tmp_path, monkeypatch):
    (tmp_path / "okta.yaml").write_text(
        "okta:\n  client:\n    orgUrl: https://evil.okta.com\n    token: canary\n"
    )
    monkeypatch.chdir(tmp_path)
    assert config.load().targets[0].target.org_url == "https://acme.okta.com"
    (error,) = config.errors(NO_SIGN_IN)
    assert "has no way to sign in" in error
