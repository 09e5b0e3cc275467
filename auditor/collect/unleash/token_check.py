"""Whether Unleash accepts a token, tried with one GET request."""

from auditor.collect.http import ApiClient, Deadline
from auditor.collect.http.collect_error import CollectError
from auditor.collect.http.limits import Limits
from auditor.collect.http.refused_credential import refused_or_unavailable
from auditor.collect.http.transport import HeaderAuth
from auditor.collect.reader import Reader
from auditor.collect.unleash.own_account import read_self
from auditor.config.secrets import Secret

TOKEN_CHECK_SECONDS = 30
"""How long the check may take."""


def check_unleash_token(url: str, token: Secret) -> None:
    """Read the own account of the token.

    Raises :class:`~auditor.collect.http.refused_credential.CredentialRefusedError` if Unleash
    refuses the token, and :class:`~auditor.errors.ConfigError` if Unleash could not be asked.
    """
    limits, deadline = Limits(attempts=2), Deadline(TOKEN_CHECK_SECONDS)
    try:
        with ApiClient(url, lambda _: HeaderAuth(token), limits=limits, deadline=deadline) as api:
            read_self(Reader(api, lambda _: None))
    except CollectError as error:
        raise refused_or_unavailable(error, "Unleash", url) from error
