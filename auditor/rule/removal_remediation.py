"""The remediation of an account that should be gone, by its kind. Pure.

No text contains a ready-made destructive command: ``auditor plan --calls`` reads both sides again,
leaves out users who returned, and lists the calls.
"""

from auditor.domain.context import RuleContext
from auditor.domain.provisioning.leavers import Leaver
from auditor.domain.remediation import steps
from auditor.domain.remediation.console_links import Tab, UnleashPage
from auditor.domain.remediation.steps import Steps
from auditor.rule.results import Remediation


def remediation(context: RuleContext, leaver: Leaver, kind: str, *, is_admin: bool) -> Remediation:
    """Return the steps for one account. Never a deletion for a user who may return."""
    paths = Steps(context.snapshot)
    if kind == "suspended":
        return Remediation(
            steps=(
                (
                    f"Decide whether the user keeps the account. If not: {paths.assignments} > "
                    f"{leaver.name}. Remove the assignment."
                ),
                (
                    "Keep the account in Unleash until the assignment is removed. Without the "
                    "account, "
                    'Okta\'s push fails with "Matching user not found" when the user returns.'
                ),
            ),
            link=paths.link(Tab.ASSIGNMENTS),
            for_many=(
                "Decide for each of these {n} suspended users: {list}. Unassign, or add a waiver "
                "with an expiry."
            ),
        )
    if kind == "still-listed":
        return Remediation(
            steps=(
                (
                    "Do not change Deactivate Users: Okta's push succeeded. Check in Unleash "
                    "whether the account can still sign in, and report it to Unleash support."
                ),
            ),
            link=paths.unleash_link(UnleashPage.USERS),
        )
    if kind == "revoked":
        return Remediation(
            steps=(
                (
                    f"{steps.TASKS_PATH}. Remove the account in Unleash, then complete the "
                    f"deprovisioning task of {leaver.name}. Completing the task alone removes "
                    "nothing."
                ),
            ),
            link=paths.unleash_link(UnleashPage.USERS),
        )
    admin = " For an admin, check `admin-unreachable` first." if is_admin else ""
    return Remediation(
        steps=(
            f"{paths.to_app} > Edit. Check that Deactivate Users is enabled.",
            f"{steps.TASKS_PATH}. Retry a failed deactivation of {leaver.name}, if there is one.",
            (
                f"If no task exists: check in Okta that {leaver.name} still has no assignment, "
                f"here or in another app that feeds this Unleash. Then {steps.USERS_PATH} > "
                f"{leaver.account.label} > Delete.{admin}"
            ),
            (
                'If the user returns and Okta reports "Matching user not found", remove and '
                "restore the assignment of this user only."
            ),
        ),
        link=paths.unleash_link(UnleashPage.USERS),
        for_many=(
            "Review these {n} accounts: {list}. `auditor plan --calls` reads both sides again, "
            "leaves out users who returned, and lists the calls. Do not use "
            '"Delete Users" on the SCIM page; it deletes all SCIM users.'
        ),
    )
