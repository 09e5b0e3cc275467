"""Builders for configuration changes."""

from auditor.engine.changes.diff import Change, ChangeActor, Confidence
from tests.support.builders.findings import START, hours

EMAIL_CHANGE = Change(
    collection="okta.mappings",
    path="mapping[oty1].email.expression",
    before="user.login",
    after="user.email",
    since=START,
    until=hours(1),
    confidence=Confidence.LIKELY,
    actors=(ChangeActor(name="Mira Torres", actor_id="a", at=START, event_id="e"),),
)
