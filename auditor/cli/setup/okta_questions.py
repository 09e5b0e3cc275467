"""What ``auditor init`` asks of Okta: how to sign in, and which app it is."""

import argparse
from pathlib import Path

from msgspec.structs import replace

from auditor.cli.setup.questions import Asker
from auditor.collect.okta.app_search import APP_ID, DpopRequiredError, FoundApp, find_apps
from auditor.config.secrets import OktaCredentials, Secret, SecretSource
from auditor.errors import ConfigError
from auditor.text import sanitize

_A_TOKEN = "token"  # noqa: S105  (a kind of credential)
_LATER = "later"


def add_sign_in(parser: argparse.ArgumentParser) -> None:
    """Let it be said how to sign in to Okta."""
    parser.add_argument(
        "--client-id", metavar="ID", help="a service app of Okta's, in place of an API token"
    )
    parser.add_argument(
        "--okta-key-file", metavar="FILE", help="a file to copy its private key of, PEM or JWK"
    )
    parser.add_argument(
        "--dpop",
        action="store_true",
        help="it demands DPoP, as new ones do; found out where the key is there",
    )


def ask_sign_in(asker: Asker, arguments: argparse.Namespace) -> OktaCredentials:
    """Return a token, or a client and its key; an empty secret comes later."""
    token_file, key_file = arguments.okta_token_file, arguments.okta_key_file
    client_id = asker.settle(
        "--client-id",
        _A_TOKEN if token_file and not arguments.client_id else arguments.client_id,
        "Client id of the service app that signs in to Okta, or token for an API token",
        str,
        default=_A_TOKEN,
    )
    if client_id == _A_TOKEN:
        if key_file or arguments.dpop:
            msg = "--client-id is needed: --okta-key-file and --dpop are about a service app"
            raise ConfigError(msg)
        return OktaCredentials(token=ask_token(asker, "Okta", token_file))
    if token_file:
        msg = "--client-id and --okta-token-file are two ways to sign in (keep one)"
        raise ConfigError(msg)
    key = asker.settle(
        "--okta-key-file", key_file, "File with its private key, or later", _key, default=_LATER
    )
    return OktaCredentials(client_id=client_id, private_key=key, dpop=arguments.dpop)


def ask_token(asker: Asker, side: str, file: str | None) -> Secret:
    """Return a token out of a file, or as it is typed in; empty: it comes later."""
    if file is None:
        return Secret(asker.secret(f"{side}'s token"))
    return _in_file(f"--{side.lower()}-token-file", file).read_line()


def ask_app(
    asker: Asker, given: str | None, org: str, credentials: OktaCredentials
) -> tuple[FoundApp, OktaCredentials]:
    """Return the app, and the credentials as they proved to work."""
    if not (credentials.token or credentials.private_key):
        app = asker.settle("--app", given, "Id of the app, 0oa…", _unseen)
        return app, credentials

    def find(wanted: str) -> tuple[FoundApp, OktaCredentials]:
        try:
            found, proved = find_apps(org, credentials, wanted), credentials
        except DpopRequiredError:
            proved = replace(credentials, dpop=True)
            found = find_apps(org, proved, wanted)
        if not found:
            msg = f"--app {wanted!r}: {org} has no app whose label begins so"
            raise ConfigError(msg)
        labels = [f"{app.label} ({app.id}, {app.status})" for app in found]
        chosen = 0 if len(found) == 1 else asker.choose("--app", "app", labels)
        print(f"the app: {sanitize(labels[chosen])}")
        return found[chosen], proved

    question = "The app that provisions Unleash, by label or id"
    return asker.settle("--app", given, question, find, default="Unleash")


def _unseen(wanted: str) -> FoundApp:
    if not APP_ID.fullmatch(wanted):
        msg = f"--app {wanted!r}: no id of an app, and only Okta's credential finds one by label"
        raise ConfigError(msg)
    return FoundApp(id=wanted, label=wanted, status="")


def _key(file: str) -> Secret:
    return Secret("") if file == _LATER else _in_file("--okta-key-file", file).read()


def _in_file(option: str, file: str) -> SecretSource:
    return SecretSource(key=option, origin=Path(file), environ={})
