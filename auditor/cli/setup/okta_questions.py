"""Questions of ``auditor init`` about Okta and about the tokens of all services."""

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from msgspec.structs import replace

from auditor.cli.output.stderr import print_warning
from auditor.cli.setup.questions import Asker
from auditor.collect.http.refused_credential import CredentialRefusedError
from auditor.collect.okta.app_search import (
    TYPICAL_APP_ID,
    DpopRequiredError,
    FoundApp,
    check_okta_token,
    find_apps,
)
from auditor.config.secrets import OktaCredentials, Secret, SecretSource
from auditor.errors import AuditorError, ConfigError
from auditor.text import sanitize

T = TypeVar("T")

_API_TOKEN = "token"  # noqa: S105  (a kind of credential)
_LATER = "later"


def ask_sign_in(
    asker: Asker,
    org: str,
    *,
    client_id: str | None,
    token_file: str | None,
    key_file: str | None,
    dpop: bool,
) -> OktaCredentials:
    """Return an API token, or a client id and its key. An empty secret is entered later."""
    chosen = asker.ask(
        "--client-id",
        # --okta-token-file answers this question too.
        _API_TOKEN if token_file and not client_id else client_id,
        'Client id of the Okta service app, or "token" for an API token',
        str,
        default=_API_TOKEN,
    )
    if chosen == _API_TOKEN:
        if key_file or dpop:
            msg = "--okta-key-file and --dpop need the id of the service app (add --client-id)"
            raise ConfigError(msg)
        token = ask_token(asker, "Okta", token_file, lambda secret: check_okta_token(org, secret))
        return OktaCredentials(token=token)
    if token_file:
        msg = "--client-id and --okta-token-file cannot be used together (omit one of them)"
        raise ConfigError(msg)
    key = asker.ask(
        "--okta-key-file", key_file, 'File with the private key, or "later"', _key, default=_LATER
    )
    return OktaCredentials(client_id=chosen, private_key=key, dpop=dpop)


def ask_token(
    asker: Asker, service: str, file: str | None, check: Callable[[Secret], None]
) -> Secret:
    """Return the token from a file or from the terminal; empty: it is entered later.

    The token is tried. Raises CredentialRefusedError if the service refuses it. A service that
    does not answer is a warning: its address may be reachable from the auditor's host only.
    """

    def try_token(secret: Secret) -> None:
        try:
            check(secret)
        except CredentialRefusedError:
            raise
        except AuditorError as error:
            print_warning(f"the {service} token could not be checked: {error}")

    if file is None:
        return asker.ask_secret(f"{service} token", try_token)
    token = _in_file(f"--{service.lower()}-token-file", file).read_line()
    try_token(token)
    return token


def ask_app(
    asker: Asker, given: str | None, org: str, credentials: OktaCredentials
) -> tuple[FoundApp, OktaCredentials]:
    """Return the app, and the credentials with DPoP if Okta requires it."""
    if not (credentials.token or credentials.private_key):
        question = "Id of the app (0oa…), from the address of its page in the Okta console"
        app = asker.ask("--app", given, question, _app_by_id)
        return app, credentials

    def find(wanted: str) -> tuple[FoundApp, OktaCredentials]:
        found, accepted = with_required_dpop(credentials, lambda each: find_apps(org, each, wanted))
        if not found:
            msg = (
                f'--app: {org} has no app whose label starts with "{wanted}" '
                "(copy the label, or the id, from the page of the app in the Okta console)"
            )
            raise ConfigError(msg)
        labels = [f"{app.label} ({app.id}, {app.status})" for app in found]
        chosen = 0 if len(found) == 1 else asker.choose("--app", "app", labels)
        print(f"App: {sanitize(labels[chosen])}")
        return found[chosen], accepted

    question = "Label or id of the app that provisions Unleash"
    return asker.ask("--app", given, question, find, default="Unleash")


def with_required_dpop(
    credentials: OktaCredentials, read: Callable[[OktaCredentials], T]
) -> tuple[T, OktaCredentials]:
    """Return what ``read`` returns, and the credentials with DPoP if Okta requires it."""
    try:
        return read(credentials), credentials
    except DpopRequiredError:
        accepted = replace(credentials, dpop=True)
        return read(accepted), accepted


def _app_by_id(wanted: str) -> FoundApp:
    if not TYPICAL_APP_ID.fullmatch(wanted):
        msg = (
            f'--app: "{wanted}" is not an app id, and only a credential of Okta finds a label '
            "(write the id, which begins with 0oa, or give the token or the key first)"
        )
        raise ConfigError(msg)
    return FoundApp(id=wanted, label=wanted, status="")


def _key(file: str) -> Secret:
    return Secret("") if file == _LATER else _in_file("--okta-key-file", file).read()


def _in_file(option: str, file: str) -> SecretSource:
    return SecretSource(key=option, origin=Path(file), environ={})
