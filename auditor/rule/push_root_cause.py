"""The root cause of a user or group that Okta did not push. Pure."""

from auditor.domain.collections import APP
from auditor.domain.context import RuleContext
from auditor.domain.provisioning import push_features
from auditor.rule.results import RootCause


def push_root_cause(context: RuleContext, action: str) -> RootCause:
    """Return the finding that explains a missing push of ``action``, such as ``create-users``.

    It is `provisioning-off` when the app does not provision at all, otherwise `push-flag-off`. The
    engine ignores it while that finding is not open.
    """
    app = context.get(APP)
    if app and push_features.is_provisioning(context) is False:
        return RootCause(rule="provisioning-off", subject=app.id, lists_users=False)
    return RootCause(rule="push-flag-off", subject=action, lists_users=False)
