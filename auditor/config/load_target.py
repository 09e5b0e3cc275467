"""One ``[[target]]`` of auditor.toml: what is audited, and what opens it."""

import re

from msgspec.structs import replace

from auditor.config import shape
from auditor.config.load_unattended import load_schedule
from auditor.config.location import Location
from auditor.config.okta_sign_in import OktaSignIn
from auditor.config.settings import TargetSettings
from auditor.config.shape_unattended import ScheduleTable
from auditor.config.source import SecretSources
from auditor.config.values import org_url, unleash_url
from auditor.domain.target import OtherSource, Target
from auditor.errors import gather_errors_by_name

_ID = re.compile(r"[0-9A-Za-z_-]{1,100}")


def load_target(
    table: shape.TargetTable,
    place: Location,
    sources: SecretSources,
    *,
    only_org: bool,
    schedule: tuple[ScheduleTable, Location],
) -> TargetSettings:
    """Check one target; raise :class:`~auditor.errors.ConfigError`.

    ``only_org``: the file names no other org than this target's. ``schedule``: the one of all
    targets, which holds where this target says nothing of its own.
    """
    okta, unleash = table.okta, table.unleash
    at_okta, at_unleash = place / "okta", place / "unleash"
    facts = gather_errors_by_name(
        target=lambda: Target(
            name=table.name,
            exclude=table.exclude,
            grace_minutes=table.grace_minutes,
            scim_probe=table.scim_probe,
            **gather_errors_by_name(
                org_url=lambda: org_url(okta.org_url, at_okta / "org_url"),
                app_id=lambda: _id(okta.app_id, at_okta / "app_id"),
                sso_app_id=lambda: okta.sso_app_id and _id(okta.sso_app_id, at_okta / "sso_app_id"),
                unleash_url=lambda: unleash_url(
                    unleash.url, at_unleash / "url", allow_http=unleash.allow_http
                ),
                also_provisioned_by=lambda: tuple(
                    _other(other, place / "also_provisioned_by" / number)
                    for number, other in enumerate(table.also_provisioned_by)
                ),
            ),
        ),
        okta=lambda: _access(okta, at_okta, sources, only_org=only_org),
        unleash_token=lambda: sources.needed(
            at_unleash, "token", unleash.token_env, unleash.token_file
        ),
        schedule=lambda: load_schedule(table.name, (table.schedule, place / "schedule"), schedule),
    )
    return TargetSettings(rules=table.rules, **facts)


def _access(
    table: shape.OktaTable, place: Location, sources: SecretSources, *, only_org: bool
) -> OktaSignIn:
    token = sources.named(place, "token", table.token_env, table.token_file)
    key = sources.named(place, "private_key", table.private_key_env, table.private_key_file)
    if token and (key or table.client_id):
        place.refuse("two ways to sign in", "keep either the token or the client_id")
    if bool(key) != bool(table.client_id):
        place.refuse("client_id and its private key belong together", "name both")
    return OktaSignIn(
        place=place,
        org_url=org_url(table.org_url, place / "org_url"),
        token=token,
        client_id=table.client_id,
        private_key=key,
        key_id=table.key_id,
        scopes=table.scopes,
        dpop=table.dpop,
        only_org=only_org,
        environ=sources.environ,
    )


def _other(other: OtherSource, place: Location) -> OtherSource:
    return replace(
        other,
        app_id=_id(other.app_id, place / "app_id"),
        org_url=other.org_url and org_url(other.org_url, place / "org_url"),
    )


def _id(text: str, place: Location) -> str:
    if not _ID.fullmatch(text):
        remediation = "copy it from the app's address in the Okta console; it begins with 0oa"
        place.refuse(f"no id of an app: {text!r}", remediation)
    return text
