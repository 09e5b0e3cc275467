"""A real Unleash that the sandbox's Okta provisions, and the result of an audit of the two."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from auditor.sandbox import World
from tests.support.peers.unleash_server import RealUnleash

PROVISIONED = {
    "admin-unreachable": "pass",
    "app-not-usable": "pass",
    "attribute-missing": "pass",
    "connector-auth-not-header": "pass",
    "duplicate-identity": "pass",
    "email-not-login": "pass",
    "extra-attribute": "pass",
    "group-push-failing": "not_applicable",
    "login-mismatch": "pass",
    "not-steady": "pass",
    "provisioning-error": "pass",
    "provisioning-off": "pass",
    "push-flag-off": "pass",
    "recovery-admin-at-risk": "fail",
    "scim-base-url-wrong": "pass",
    "scim-credentials-rejected": "pass",
    "scim-disabled": "not_applicable",
    "scim-endpoint-down": "not_applicable",
    "scim-token-missing": "not_applicable",
    "sso-autocreate-with-scim": "not_applicable",
    "sso-identifier-differs": "not_applicable",
    "unique-identifier-not-email": "needs_attestation",
    "unleash-too-old": "fail",
    "unmanaged-user": "pass",
    "user-not-provisioned": "pass",
    "user-not-removed": "pass",
    "user-type-unmapped": "pass",
    "username-not-login": "pass",
}
"""The initial admin is the auditor's own account here, so one recovery account is left."""

NOT_ON_THIS_EDITION = dict.fromkeys(
    (
        "unleash.groups",
        "unleash.oidc",
        "unleash.password_login",
        "unleash.saml",
        "unleash.scim_settings",
        "unleash.service_accounts",
    ),
    "not on this edition",
)
"""Collections that the open-source edition does not have."""


@dataclass(frozen=True)
class Audited:
    """One target's part of the output of `auditor run`, and of the snapshot that it saved."""

    rules: Mapping[str, Any]
    changes: list[dict[str, Any]]
    unseen: Mapping[str, str]
    """Collections of Unleash that are missing in the snapshot, with the reason."""

    @classmethod
    def read(cls, printed: str, snapshot: str) -> "Audited":
        target = json.loads(printed)["targets"][0]
        assert target["error"] is None
        missing = json.loads(snapshot)["missing"].items()
        unseen = {name: gap["why"] for name, gap in missing if name.startswith("unleash.")}
        return cls(target["rules"], target["changes"], unseen)

    @property
    def differing(self) -> dict[str, str]:
        """Return the verdicts that differ from those of a correctly provisioned instance."""
        verdicts = {rule: answer["verdict"] for rule, answer in self.rules.items()}
        assert verdicts.keys() == PROVISIONED.keys()
        return {rule: verdict for rule, verdict in verdicts.items() if verdict != PROVISIONED[rule]}

    def subjects(self, rule: str) -> set[str]:
        """Return the subjects of the rule's open findings."""
        findings = self.rules[rule]["findings"]
        return {each["subject"] for each in findings if each["state"] == "open"}

    def because(self, rule: str) -> str:
        return "; ".join(self.rules[rule]["reasons"])


def people(world: World) -> Iterable[tuple[str, str, str | None]]:
    """Yield login, name and SCIM id of every user assigned in Okta."""
    for assignment in world.app.assignments.values():
        person = world.okta.people[assignment.person_id]
        yield person.login, person.name, assignment.external_id


def provision(world: World, unleash: RealUnleash) -> dict[str, int]:
    """Create the account that SCIM would create for every assigned user; login to Unleash id."""
    accounts = {}
    with unleash.without_invitations():
        for login, name, scim_id in people(world):
            accounts[login] = unleash.create_user(email=login, username=login, name=name)
            unleash.set_scim_id(accounts[login], scim_id)
    return accounts


RECOVERY_PASSWORD = "Str0ng-Passw0rd!z"


def recovery_admin(unleash: RealUnleash) -> int:
    return unleash.create_user(username="break-glass", role="Admin", password=RECOVERY_PASSWORD)
