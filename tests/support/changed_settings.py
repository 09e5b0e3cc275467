"""A target, a mapping and a group push whose changes tests compare."""

from auditor.domain import okta
from auditor.domain.target import Target

TARGET = Target(
    name="production",
    org_url="https://acme.okta.com",
    app_id="0oa1",
    unleash_url="https://unleash.example.com",
)


EXPRESSION = "mapping[oty1].email.expression"


def mapping(expression: str) -> okta.ProfileMapping:
    properties = {"email": okta.MappedAttribute(expression=expression, push_status="PUSH")}
    return okta.ProfileMapping(id="prm1", source_id="oty1", target_id="0oa1", properties=properties)


PUSH = okta.GroupPush(id="gPm1", source_group_id="00g1", status="ACTIVE")
