"""Whether the address to which Okta's connector pushes answers as a SCIM endpoint."""

import re
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlsplit

import httpx
import msgspec
from msgspec.structs import replace

from auditor import __version__
from auditor.collect.http import ApiClient, HttpResponse, Transport
from auditor.collect.http.collect_error import CollectError
from auditor.collect.http.limits import MIB
from auditor.collect.unleash.instance_settings import UI_CONFIG_ENDPOINT
from auditor.domain.collections import MissingReason
from auditor.domain.unleash import Instance, ScimAnswer, ScimEndpoint
from auditor.serialization import from_json

SCIM_USERS_PATH: Final = "/scim/Users"
SCIM_USERS_QUERY: Final = {"startIndex": "1", "count": "1"}
SCIM_HEADERS: Final = {
    "accept": "application/scim+json, application/json",
    # Unleash's operators see in their log that this is neither Okta nor an attack
    "user-agent": f"unleash-okta-auditor/{__version__} (SCIM endpoint check, no credential)",
}
MIN_SCIM_REQUEST_INTERVAL: Final = timedelta(minutes=55)
"""Shortest time between two requests. It is below one hour, because an hourly job may start five
minutes early."""

_MEDIA_TYPE: Final = re.compile(r"[a-z0-9.+-]{1,40}/[a-z0-9.+-]{1,40}")
_BASE_PATH: Final = re.compile(r"(/[A-Za-z0-9._~-]+)*/?")


def read_scim_endpoint(
    client: ApiClient, unleash_url: str, instance: Instance, at: datetime
) -> ScimEndpoint:
    """Send one GET without any credential and classify the answer. Raises CollectError.

    The request goes over a connection of its own, so that no token can be sent with it. Only the
    limits of ``client`` are used, and it counts the request. Redirects are not followed.
    """
    address = endpoint_url(unleash_url, instance)
    limits = replace(client.limits, connections=1)
    with Transport(address.removesuffix("/scim"), limits, client.deadline) as wire:
        client.count_request()
        answer = wire.get(
            SCIM_USERS_PATH, SCIM_USERS_QUERY, auth=None, cap=MIB, headers=SCIM_HEADERS
        )
    return ScimEndpoint(
        url=address,
        answer=classify(answer),
        status=answer.status,
        content_type=media_type(answer),
        at=at,
    )


def endpoint_url(unleash_url: str, instance: Instance) -> str:
    """Return ``{origin}{baseUriPath}/scim``; ``unleashUrl`` may lack the path.

    An old ui-config has no ``baseUriPath``: then the path of the configured address counts.
    """
    parts = urlsplit(unleash_url)
    path = parts.path if instance.base_uri_path is None else instance.base_uri_path
    if not _BASE_PATH.fullmatch(path):
        words = "`baseUriPath` is not a path"
        raise CollectError(MissingReason.BAD_PAYLOAD, f"GET {UI_CONFIG_ENDPOINT.path}", words)
    return f"{parts.scheme}://{parts.netloc}{path.rstrip('/')}/scim"


def media_type(answer: HttpResponse) -> str:
    """Return the media type in lower case; empty if the header states none, or another text."""
    text = answer.headers.get("content-type", "").lower().partition(";")[0].strip()
    return text if _MEDIA_TYPE.fullmatch(text) else ""


class _Body(msgspec.Struct):
    schemas: list[str] = []


def classify(answer: HttpResponse) -> ScimAnswer:
    """Return the kind of an answer, by its status, its content type and SCIM's ``schemas``."""
    kind = media_type(answer)
    is_json = kind in {"application/json", "application/scim+json"}
    if answer.status in {httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN}:
        # Unleash refuses in JSON (inferred), a gateway in front of it in HTML.
        return ScimAnswer.REFUSED if is_json and _is_json(answer) else ScimAnswer.OTHER
    if answer.status == httpx.codes.NOT_FOUND:
        return ScimAnswer.NOT_FOUND
    if httpx.codes.is_redirect(answer.status):
        return ScimAnswer.REDIRECT
    # An instance without SCIM answers every path with its own web page.
    if answer.status == httpx.codes.OK and kind == "text/html":
        return ScimAnswer.HTML
    if answer.status == httpx.codes.OK and is_json and _has_scim_schema(answer):
        return ScimAnswer.SCIM
    return ScimAnswer.OTHER


def _is_json(answer: HttpResponse) -> bool:
    try:
        from_json(answer.body, object)
    except msgspec.DecodeError:
        return False
    return True


def _has_scim_schema(answer: HttpResponse) -> bool:
    try:
        schemas = from_json(answer.body, _Body).schemas
    except msgspec.DecodeError:
        return False
    return any(each.startswith("urn:ietf:params:scim:") for each in schemas)
