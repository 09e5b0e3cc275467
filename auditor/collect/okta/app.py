"""The app and its provisioning settings that an API shows."""

from auditor.collect.http import Endpoint
from auditor.collect.http.collect_error import CollectError
from auditor.collect.reader import Reader, Schema, Time, cap_text, filled, plausible
from auditor.domain.collections import MissingReason
from auditor.domain.okta import App, Capabilities, Connection

APP_ENDPOINT = Endpoint(path="/api/v1/apps/{}")
CAPABILITIES_ENDPOINT = Endpoint(path="/api/v1/apps/{}/features")
CONNECTION_ENDPOINT = Endpoint(path="/api/v1/apps/{}/connections/default")
NOT_SUPPORTED_ERROR_CODE = "E0000001"
"""The answer of every app without documented features: ``Provisioning is not supported.``"""


class _Template(Schema):
    template: str | None = None
    type: str | None = None


class _Credentials(Schema):
    user_name_template: _Template | None = None


class _SignOn(Schema):
    subject_name_id_template: str | None = None


class _Settings(Schema):
    sign_on: _SignOn | None = None


class _App(Schema):
    id: str
    name: str | None = None
    label: str | None = None
    status: str | None = None
    sign_on_mode: str | None = None
    features: list[str] | None = None
    credentials: _Credentials | None = None
    settings: _Settings | None = None
    last_updated: Time | None = None


def read_app(reader: Reader, app_id: str) -> App:
    """Read ``/api/v1/apps/{id}``."""
    app = reader.record(_App, APP_ENDPOINT, app_id)
    # Settings of another app must never count as those of this one.
    if app.id != app_id:
        raise CollectError(
            MissingReason.BAD_PAYLOAD, f"GET {APP_ENDPOINT.fill(app_id)}", "it is another app"
        )
    template = (app.credentials and app.credentials.user_name_template) or _Template()
    sign_on = (app.settings and app.settings.sign_on) or _SignOn()
    return App(
        id=app.id,
        label=cap_text(app.label) or cap_text(app.name) or app.id,
        name=cap_text(app.name) or "",
        status=filled(app.status),
        sign_on_mode=filled(app.sign_on_mode),
        # Without a list the features are unknown. An empty list states that none is on.
        features=None if app.features is None else frozenset(app.features),
        username_template=filled(template.template),
        username_template_type=template.type,
        saml_subject=filled(sign_on.subject_name_id_template),
        updated_at=plausible(app.last_updated),
    )


class _Switch(Schema):
    status: str | None = None


class _Create(Schema):
    lifecycle_create: _Switch | None = None


class _Update(Schema):
    profile: _Switch | None = None
    lifecycle_deactivate: _Switch | None = None


class _CapabilitiesObject(Schema):
    create: _Create | None = None
    update: _Update | None = None


class _Feature(Schema):
    name: str
    capabilities: _CapabilitiesObject | None = None


def read_capabilities(reader: Reader, app_id: str) -> Capabilities:
    """Read ``/api/v1/apps/{id}/features``, which most kinds of app do not have."""
    try:
        features = reader.record(list[_Feature], CAPABILITIES_ENDPOINT, app_id)
    except CollectError as error:
        missing = error.missing
        if missing.status == 400 and NOT_SUPPORTED_ERROR_CODE in missing.detail:  # noqa: PLR2004  (HTTP)
            words = f"this kind of app has none ({NOT_SUPPORTED_ERROR_CODE})"
            raise CollectError(
                MissingReason.NOT_ON_THIS_EDITION, missing.endpoint, words, 400
            ) from error
        raise
    # The other feature, INBOUND_PROVISIONING, is about imports into Okta.
    found = next((each for each in features if each.name == "USER_PROVISIONING"), None)
    shown = (found and found.capabilities) or _CapabilitiesObject()
    create, update = shown.create or _Create(), shown.update or _Update()
    absent = _Switch()
    return Capabilities(
        create=(create.lifecycle_create or absent).status,
        update=(update.profile or absent).status,
        deactivate=(update.lifecycle_deactivate or absent).status,
    )


class _ConnectionProfile(Schema):
    auth_scheme: str | None = None


class _Connection(Schema):
    status: str | None = None
    auth_scheme: str | None = None
    base_url: str | None = None
    profile: _ConnectionProfile | None = None


def read_connection(reader: Reader, app_id: str) -> Connection:
    """Read ``/api/v1/apps/{id}/connections/default``; some answers lack its profile."""
    connection = reader.record(_Connection, CONNECTION_ENDPOINT, app_id)
    profile = connection.profile or _ConnectionProfile()
    return Connection(
        status=filled(connection.status),
        # The profile has the scheme, and some answers also have it outside (recorded).
        auth_scheme=filled(profile.auth_scheme) or filled(connection.auth_scheme),
        base_url=filled(connection.base_url),
    )
