"""How long leavers keep access and joiners wait: delays of the sandbox are recovered."""

from datetime import UTC, date, datetime, timedelta

import pytest

from auditor.cli.setup.sandbox_files import environment, sandbox_configuration
from auditor.config.loading import load_settings
from auditor.config.rule_settings import rules_for
from auditor.engine.exposure.access_delay import AccessDelay, DelayKind
from auditor.pipeline.audit import audit_target
from auditor.pipeline.reports import report_on
from auditor.sandbox import Sandbox, World
from auditor.store import open_store

AT = datetime(2026, 5, 4, 9, 0, tzinfo=UTC)
"""The time at which the sandbox's clock stands still, so that the duration of an audit is no part
of a delay."""

SECOND = timedelta(seconds=1)
LEAVER, JOINER = DelayKind.LEAVER, DelayKind.JOINER


class Site:
    """A sandbox and its audits, by the sandbox's clock."""

    def __init__(self, sandbox, folder, settings: str = "") -> None:
        (folder / "auditor.toml").write_text(settings + sandbox_configuration(sandbox))
        self.world = sandbox.world
        self.settings = load_settings(folder / "auditor.toml", environment(sandbox))
        self.url = self.settings.store.database_url().reveal()
        self.begin = self.world.now

    def audit(self) -> None:
        (target,) = self.settings.targets
        audit_target(self.settings, target, lambda: self.world.now)

    def delays(self, kind: DelayKind) -> dict[str, AccessDelay]:
        with open_store(self.url, create=False) as store:
            found = store.delays.since("sandbox", datetime.min.replace(tzinfo=UTC))
        own = [each for each in found if each.kind is kind and each.at >= self.begin]
        assert len({each.user for each in own}) == len(own)
        return {each.user: each for each in own}

    def exposure(self):
        with open_store(self.url, create=False) as store:
            return store.delays.exposure(
                "sandbox",
                self.settings.sla_keys.delay_budgets,
                since=self.begin,
                until=self.world.now + SECOND,
            )

    def users(self, number: int):
        """Return users with an account, who are in no group."""
        app = self.world.app
        found = [
            self.world.person(user_id)
            for user_id, each in app.assignments.items()
            if each.external_id and each.status in {"ACTIVE", "PROVISIONED"}
        ]
        return found[-number:]


@pytest.fixture
def site(tmp_path):
    with Sandbox(World.clean(at=AT)) as sandbox:
        yield Site(sandbox, tmp_path)


def is_near(found: timedelta | None, wanted: timedelta) -> bool:
    return found is not None and abs(found - wanted) < SECOND


def test_seeded_delays_are_recovered_within_a_second(site):
    world = site.world
    deleted, deactivated = site.users(2)
    joiner = world.add_person("new.one@example.com", "New", "One")
    site.audit()

    world.schedule_deletion(deleted)
    world.assign_before_provisioning(joiner)
    world.advance(minutes=25)
    world.provision_user(joiner)
    world.advance(minutes=12)
    world.delete_scheduled(deleted)
    world.deactivate_person(deactivated)
    site.audit()

    leavers, joiners = site.delays(LEAVER), site.delays(JOINER)
    assert leavers.keys() == {deleted.id, deactivated.id}
    assert is_near(leavers[deleted.id].took, timedelta(minutes=37))
    assert is_near(leavers[deactivated.id].took, timedelta())
    for each in leavers.values():
        assert each.pushed_at is not None
        assert is_near(each.pushed_at - each.ended_at, timedelta())
    assert joiners.keys() == {joiner.id}
    assert is_near(joiners[joiner.id].took, timedelta(minutes=25))
    assert is_near(
        joiners[joiner.id].pushed_at - joiners[joiner.id].changed_at, timedelta(minutes=25)
    )


def test_a_leaver_who_keeps_access_waits_until_a_later_audit_reads_the_removal(site):
    world = site.world
    (leaver,) = site.users(1)
    site.audit()
    world.schedule_deletion(leaver)
    world.advance(hours=2)
    site.audit()
    waiting = site.delays(LEAVER)[leaver.id]
    assert (waiting.is_over, waiting.pushed_at, waiting.ended_at) == (False, None, None)
    figures = site.exposure().leavers
    assert (figures.waiting, figures.over_budget, figures.measured) == (1, 1, 0)
    assert is_near(figures.worst, timedelta(hours=2) + SECOND) or figures.worst > timedelta(hours=2)

    world.advance(days=2)
    world.delete_scheduled(leaver)
    site.audit()
    delay = site.delays(LEAVER)[leaver.id]
    assert is_near(delay.took, timedelta(days=2, hours=2))
    site.audit()
    assert site.delays(LEAVER)[leaver.id] == delay
    exposure = site.exposure()
    assert exposure.user_days == pytest.approx(2 + 2 / 24, abs=1 / 86_400)
    assert exposure.leavers.p95 == exposure.leavers.worst == delay.took


def test_a_removal_by_hand_has_no_push_and_a_removal_without_an_event_has_no_time(site):
    world = site.world
    by_hand, unseen = site.users(2)
    site.audit()
    accounts = {each.id: world.account(each.email) for each in (by_hand, unseen)}
    for each in (by_hand, unseen):
        world.schedule_deletion(each)
    world.advance(hours=3)
    site.audit()
    world.remove_user(accounts[by_hand.id])
    world.remove_user(accounts[unseen.id])
    world.unleash.happenings.pop()
    site.audit()
    leavers = site.delays(LEAVER)
    assert is_near(leavers[by_hand.id].took, timedelta(hours=3))
    assert leavers[by_hand.id].pushed_at is None
    assert (leavers[unseen.id].took, leavers[unseen.id].is_over) == (None, True)
    figures = site.exposure().leavers
    assert (figures.measured, figures.unknown, figures.waiting) == (1, 1, 0)


def test_no_user_has_left_or_waits_while_assignments_or_accounts_are_missing(site):
    world = site.world
    (leaver,) = site.users(1)
    site.audit()
    world.schedule_deletion(leaver)
    world.advance(hours=2)
    site.audit()
    before = site.delays(LEAVER)
    assert before
    world.okta_permissions.remove("okta.apps.read")
    world.okta_permissions.remove("okta.users.read")
    site.audit()
    assert site.delays(LEAVER) == before


def test_users_who_keep_their_access_have_no_delay(site):
    world = site.world
    (suspended,) = site.users(1)
    site.audit()
    world.suspend(suspended)
    world.advance(hours=5)
    world.push_again()
    site.audit()
    assert site.delays(LEAVER) == site.delays(JOINER) == {}
    assert site.exposure().is_empty


def test_pseudonyms_change_no_delay_and_no_name_is_stored(tmp_path):
    with Sandbox(World.clean(at=AT)) as sandbox:
        site = Site(sandbox, tmp_path, 'privacy = "ids"\n')
        (leaver,) = site.users(1)
        site.audit()
        site.world.schedule_deletion(leaver)
        site.world.advance(minutes=37)
        site.world.delete_scheduled(leaver)
        site.audit()
        delays = site.delays(LEAVER)
    assert is_near(delays[leaver.id].took, timedelta(minutes=37))
    assert leaver.login not in str(delays)


def test_the_weeks_of_a_report_begin_in_the_zone_of_its_schedule(tmp_path):
    # Sunday 16:00 in UTC is Monday in Tokyo.
    until = datetime(2026, 5, 3, 16, tzinfo=UTC)
    with Sandbox(World.clean(at=AT)) as sandbox:
        site = Site(sandbox, tmp_path, 'schedule.time_zone = "Asia/Tokyo"\n')
        site.audit()
    (target,) = site.settings.targets
    rules = rules_for(site.settings, target)
    with open_store(site.url, create=False) as store:
        report = report_on(
            store, site.settings, target, rules, since=until - timedelta(days=7), until=until
        )
    assert report.exposure
    assert report.exposure.trend[-1].week == date(2026, 5, 4)
