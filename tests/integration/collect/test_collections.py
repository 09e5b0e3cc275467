"""The collections of Okta, without its log."""

from auditor.collect.http.limits import MAX_TEXT
from auditor.domain.collections import (
    APP,
    APP_GROUPS,
    APP_SCHEMA,
    ASSIGNMENTS,
    CAPABILITIES,
    COLLECTIONS,
    CONNECTION,
    EXCLUDED_GROUP,
    GROUP_PUSH,
    MAPPINGS,
    OTHER_ASSIGNMENTS,
    PUSHED_GROUPS,
    SSO_APP,
    USER_TYPES,
    MissingReason,
)
from auditor.domain.okta import AssignmentStatus, MappedAttribute
from auditor.domain.target import Exclusions, OtherSource
from auditor.sandbox import Sandbox, World
from tests.support.collecting import collect_from, gap_of, target_of


def test_every_collection_is_read_except_those_not_requested(
    world: World, sandbox: Sandbox
) -> None:
    world.show_capabilities()
    snapshot = collect_from(sandbox)
    assert snapshot.missing == {}
    assert COLLECTIONS.keys() - snapshot.read.keys() == {EXCLUDED_GROUP.name}


def test_only_get_requests_are_sent(sandbox: Sandbox) -> None:
    collect_from(sandbox)
    assert {request.method for request in sandbox.requests} == {"GET"}
    assert not sandbox.refused


def test_the_app(world: World, sandbox: Sandbox) -> None:
    app = collect_from(sandbox)[APP]
    assert (app.id, app.label, app.name) == (world.app.id, world.app.label, world.app.name)
    assert (app.status, app.sign_on_mode) == ("ACTIVE", "SAML_2_0")
    assert app.features == frozenset(world.app.features)
    assert (app.username_template, app.username_template_type) == ("${source.login}", "BUILT_IN")
    assert app.saml_subject == "${user.userName}"


def test_the_app_is_the_sso_app_unless_another_one_is_configured(
    world: World, sandbox: Sandbox
) -> None:
    assert collect_from(sandbox)[SSO_APP].id == world.app_id
    other = world.add_app("Single sign-on")
    assert collect_from(sandbox, target_of(sandbox, sso_app_id=other.id))[SSO_APP].id == other.id


def test_capabilities_that_the_kind_of_app_does_not_have_do_not_exist(sandbox: Sandbox) -> None:
    missing = gap_of(collect_from(sandbox), CAPABILITIES)
    assert (missing.why, missing.status) == (MissingReason.NOT_ON_THIS_EDITION, 400)
    assert missing.detail == "this kind of app has none (E0000001)"


def test_capabilities(world: World, sandbox: Sandbox) -> None:
    world.show_capabilities()
    world.switch_push("PUSH_USER_DEACTIVATION", on=False)
    shown = collect_from(sandbox)[CAPABILITIES]
    assert (shown.create, shown.update, shown.deactivate) == ("ENABLED", "ENABLED", "DISABLED")


def test_the_connection(world: World, sandbox: Sandbox) -> None:
    assert collect_from(sandbox)[CONNECTION].status == "UNKNOWN"
    world.show_connection("https://unleash.example.com/scim", "TOKEN")
    connection = collect_from(sandbox)[CONNECTION]
    assert connection.base_url == "https://unleash.example.com/scim"
    assert connection.auth_scheme == "TOKEN"


def test_mappings_from_user_types_to_the_app_are_read(world: World, sandbox: Sandbox) -> None:
    mappings = collect_from(sandbox)[MAPPINGS]
    assert {each.source_id for each in mappings} == {
        world.user_type("user").id,
        world.user_type("contractor").id,
    }
    assert {each.target_id for each in mappings} == {world.app_id}
    assert mappings[0].properties["email"] == MappedAttribute(
        expression="user.login", push_status="PUSH"
    )


def test_mappings_of_other_apps_are_ignored_when_the_next_link_drops_the_filter(
    world: World, sandbox: Sandbox
) -> None:
    for number in range(250):
        world.add_user_type(f"type{number}", f"Type {number}")
    mappings = collect_from(sandbox)[MAPPINGS]
    assert len(mappings) == 252
    assert {each.target_id for each in mappings} == {world.app_id}


def test_user_types(world: World, sandbox: Sandbox) -> None:
    types = collect_from(sandbox)[USER_TYPES]
    assert {each.id: each.title for each in types} == {
        each.id: each.display_name for each in world.okta.types.values()
    }
    assert [each.name for each in types if each.default] == ["user"]


def test_the_schema_has_base_and_custom_attributes(world: World, sandbox: Sandbox) -> None:
    world.add_schema_attribute("shoeSize")
    schema = {each.name: each for each in collect_from(sandbox)[APP_SCHEMA]}
    assert schema.keys() == world.app.schema.keys()
    assert schema["shoeSize"].custom
    assert not schema["email"].custom
    assert schema["email"].title == "Email"


def test_assignments_have_the_data_of_their_users(world: World, sandbox: Sandbox) -> None:
    assignments = collect_from(sandbox)[ASSIGNMENTS]
    assert [each.user_id for each in assignments] == list(world.app.assignments)
    for each in assignments:
        there, person = world.app.assignments[each.user_id], world.person(each.user_id)
        assert each.status == there.status
        assert each.external_id == there.external_id
        assert each.username == there.username
        assert each.email == there.profile["email"]
        assert (each.login, each.okta_email) == (person.login, person.email)
        assert (each.name, each.user_type_id) == (person.name, person.type_id)
        assert each.user_status == "ACTIVE"
        assert each.status_changed_at is not None


def test_a_list_of_many_pages_is_read_completely(sandbox: Sandbox) -> None:
    for number in range(1100):
        sandbox.world.assign(sandbox.world.add_person(f"p{number}@example.com", "Pat", "Doe"))
    assert len(collect_from(sandbox)[ASSIGNMENTS]) == 1112


def test_groups_assigned_and_pushed(world: World, sandbox: Sandbox) -> None:
    snapshot = collect_from(sandbox)
    assert [each.name for each in snapshot[APP_GROUPS]] == ["Unleash users"]
    assert {each.source_group_id for each in snapshot[GROUP_PUSH]} == {
        world.group("Unleash Admins").id,
        world.group("Unleash Editors").id,
    }
    sources = {each.source_group_id for each in snapshot[GROUP_PUSH]}
    pushed = [each for each in snapshot[PUSHED_GROUPS] if each.id in sources]
    assert {each.name: each.member_ids for each in pushed} == {
        name: frozenset(world.group(name).member_ids)
        for name in ("Unleash Admins", "Unleash Editors")
    }


def test_members_are_read_of_groups_with_a_root_role_only(world: World, sandbox: Sandbox) -> None:
    world.set_team_role("Unleash Editors", None)
    editors, admins = world.group("Unleash Editors"), world.group("Unleash Admins")
    pushed = {each.id: each.member_ids for each in collect_from(sandbox)[PUSHED_GROUPS]}
    assert pushed[editors.id] is None
    assert pushed[admins.id]
    everyone = collect_from(sandbox, all_members=True)[PUSHED_GROUPS]
    (found,) = (each.member_ids for each in everyone if each.id == editors.id)
    assert found == frozenset(editors.member_ids)


def test_an_excluded_group_is_read_with_its_members(world: World, sandbox: Sandbox) -> None:
    group = world.group("Unleash Editors")
    target = target_of(sandbox, exclude=Exclusions(okta_group=group.id))
    assert collect_from(sandbox, target)[EXCLUDED_GROUP].member_ids == frozenset(group.member_ids)


def test_people_of_other_apps_in_the_same_org(world: World, sandbox: Sandbox) -> None:
    assert collect_from(sandbox)[OTHER_ASSIGNMENTS] == ()
    source = OtherSource(app_id=world.app_id)
    target = target_of(sandbox, also_provisioned_by=(source,))
    assert len(collect_from(sandbox, target)[OTHER_ASSIGNMENTS]) == len(world.app.assignments)


def test_apps_of_another_org_are_not_requested_in_this_one(world: World, sandbox: Sandbox) -> None:
    foreign = OtherSource(app_id="0oaForeign", org_url="https://other.example.com")
    own = OtherSource(app_id=world.app_id, org_url=sandbox.okta_url)
    snapshot = collect_from(sandbox, target_of(sandbox, also_provisioned_by=(foreign, own)))
    assert len(snapshot[OTHER_ASSIGNMENTS]) == len(world.app.assignments)
    assert not [request for request in sandbox.requests if "0oaForeign" in request.path]


def test_a_status_of_any_length_is_cut_and_unknown(world: World, sandbox: Sandbox) -> None:
    first = next(iter(world.app.assignments.values()))
    first.status = "X" * 50_000
    found = collect_from(sandbox)[ASSIGNMENTS][0]
    assert found.state is AssignmentStatus.UNKNOWN
    assert len(found.status or "") == MAX_TEXT
