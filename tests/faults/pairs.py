"""The pairs of endpoint and fault in the matrix, and their number."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit

from starlette.responses import PlainTextResponse

from auditor.sandbox.faults.catalogue import ALL_FAULTS
from auditor.sandbox.faults.endpoints import ENDPOINTS
from auditor.sandbox.faults.sockets import refusing_port, tls_garbage_server
from tests.support.peers.tls_server import serve_tls, write_certificate

NEVER_ASKED = "/api/admin/user-admin/*/permissions"
TOKEN = "/oauth2/v1/token"

SCIM_ENDPOINT = "/scim/Users"

FALLBACKS = (
    ("/api/admin/user-admin", "/api/admin/user-admin/access"),
    ("/api/admin/groups", "/api/admin/user-admin/access"),
    ("/api/admin/scim-settings", "/api/admin/instance-admin/statistics"),
    ("/api/admin/auth/saml/settings", "/api/admin/instance-admin/statistics"),
    ("/api/admin/auth/oidc/settings", "/api/admin/instance-admin/statistics"),
    ("/api/admin/auth/simple/settings", "/api/admin/ui-config"),
)
"""Two sources of one fact of Unleash: the stronger one, and the weaker one that is used if it
fails."""

ASKED = [each for each in ENDPOINTS if each.pattern != NEVER_ASKED]


@contextmanager
def untrusted_server() -> Iterator[int]:
    """Serve on a port of 127.0.0.1 with a certificate that no known authority signed."""
    with (
        TemporaryDirectory() as folder,
        serve_tls(PlainTextResponse("{}"), *write_certificate(Path(folder))) as origin,
    ):
        yield urlsplit(origin).port or 0


UNREACHED: dict[str, tuple[str, Callable[[], AbstractContextManager[int]]]] = {
    "refused": ("http", refusing_port),
    "no TLS": ("https", tls_garbage_server),
    "untrusted certificate": ("https", untrusted_server),
}
"""Failures of a whole side: the scheme of its address, and the server at this address."""

NEVER_END = {"silent-before-answer", "silent-in-body", "dripping"}
"""Faults after which an audit waits until a limit of time."""

SIDES = {"org_url": "okta", "unleash_url": "unleash"}

PAIRS = len(ALL_FAULTS) * len(ASKED) + len(UNREACHED) * len(SIDES)
"""Number of pairs in the whole matrix."""
