"""The settings of an instance: version, SCIM, sign-on. No field holds a secret of the answers."""

from typing import Any

from msgspec import field

from auditor.collect.http import Endpoint
from auditor.collect.http.collect_error import CollectError
from auditor.collect.reader import Reader, Schema, filled
from auditor.domain.collections import MissingReason
from auditor.domain.unleash import Instance, PasswordLogin, ScimSettings, SsoSettings, Statistics

UI_CONFIG_ENDPOINT = Endpoint(path="/api/admin/ui-config")
STATISTICS_ENDPOINT = Endpoint(path="/api/admin/instance-admin/statistics")
SCIM_SETTINGS_ENDPOINT = Endpoint(path="/api/admin/scim-settings")
PASSWORD_LOGIN_ENDPOINT = Endpoint(path="/api/admin/auth/simple/settings")
SAML_ENDPOINT = Endpoint(path="/api/admin/auth/saml/settings")
OIDC_ENDPOINT = Endpoint(path="/api/admin/auth/oidc/settings")


class _Versions(Schema):
    oss: str | None = None
    enterprise: str | None = None


class _VersionInfo(Schema):
    current: _Versions | None = None


class _Instance(Schema):
    version_info: _VersionInfo | None = None
    environment: str | None = None
    unleash_url: str | None = None
    base_uri_path: str | None = None
    disable_password_auth: bool | None = None


def read_instance(reader: Reader) -> Instance:
    """Read ``/api/admin/ui-config``. An empty version counts as no version."""
    config = reader.record(_Instance, UI_CONFIG_ENDPOINT)
    versions = (config.version_info and config.version_info.current) or _Versions()
    return Instance(
        version_oss=filled(versions.oss),
        version_enterprise=filled(versions.enterprise),
        environment=config.environment,
        unleash_url=config.unleash_url,
        base_uri_path=config.base_uri_path,
        password_login_disabled=config.disable_password_auth,
    )


class _Statistics(Schema):
    instance_id: str | None = None
    scim_enabled: bool | None = field(default=None, name="SCIMenabled")
    saml_enabled: bool | None = field(default=None, name="SAMLenabled")
    oidc_enabled: bool | None = field(default=None, name="OIDCenabled")
    password_auth_enabled: bool | None = None


def read_statistics(reader: Reader) -> Statistics:
    """Read ``/api/admin/instance-admin/statistics``."""
    found = reader.record(_Statistics, STATISTICS_ENDPOINT)
    return Statistics(
        instance_id=found.instance_id,
        scim_enabled=found.scim_enabled,
        saml_enabled=found.saml_enabled,
        oidc_enabled=found.oidc_enabled,
        password_login_enabled=found.password_auth_enabled,
    )


class _Scim(Schema):
    enabled: bool | None = None
    has_token: bool | None = None


def read_scim(reader: Reader) -> ScimSettings:
    """Read ``/api/admin/scim-settings``."""
    found = reader.record(_Scim, SCIM_SETTINGS_ENDPOINT)
    return ScimSettings(enabled=found.enabled, has_token=found.has_token)


class _SimpleSettings(Schema):
    # Any type: the lenient reader would replace a wrong one by the default, which means enabled.
    disabled: Any = False


def read_password_login(reader: Reader) -> PasswordLogin:
    """Read ``/api/admin/auth/simple/settings``: a missing field means enabled."""
    disabled = reader.record(_SimpleSettings, PASSWORD_LOGIN_ENDPOINT).disabled
    if not isinstance(disabled, bool):
        endpoint = f"GET {PASSWORD_LOGIN_ENDPOINT.path}"
        raise CollectError(
            MissingReason.BAD_PAYLOAD, endpoint, "`disabled` is neither true nor false"
        )
    return PasswordLogin(disabled=disabled)


class _Sso(Schema):
    enabled: bool | None = None
    auto_create: bool | None = None


def read_saml(reader: Reader) -> SsoSettings:
    """Read ``/api/admin/auth/saml/settings``."""
    return _sso(reader.record(_Sso, SAML_ENDPOINT))


def read_oidc(reader: Reader) -> SsoSettings:
    """Read ``/api/admin/auth/oidc/settings``."""
    return _sso(reader.record(_Sso, OIDC_ENDPOINT))


def _sso(found: _Sso) -> SsoSettings:
    return SsoSettings(enabled=found.enabled, auto_create=found.auto_create)
