"""``auditor verify``: whether a finding or a cause is fixed now."""

import json
from datetime import timedelta

from auditor.clock import utc_now
from auditor.engine.findings.verified_finding import VerificationStatus
from auditor.pipeline.verification import Verification, verify_until_fixed
from tests.support.drift import fix_email


def finding(commands, rule):
    (target,) = commands.json("findings", "--rule", rule)
    (found,) = target["findings"]
    return found["id"]


def test_a_finding_is_fixed_when_its_rule_no_longer_finds_it(drifted):
    id_ = finding(drifted, "email-not-login")
    fix_email(drifted.world)
    code, printed = drifted("verify", id_[:7])
    assert (code, drifted.errors) == (0, "")
    assert f"{id_[:7]}: fixed" in printed
    assert "The next audit resolves it." in printed


def test_a_finding_that_is_still_open_shows_the_evidence_that_was_read_now(drifted):
    id_ = finding(drifted, "email-not-login")
    drifted.world.map_attribute("user", "email", "user.secondEmail")
    code, printed = drifted("verify", id_, "--format", "json")
    result = json.loads(printed)
    assert (code, result["status"], result["id"]) == (1, "still_open", id_)
    (observed,) = {
        piece["observed"]
        for each in result["findings"]
        if each["id"] == id_
        for piece in each["evidence"]
    }
    assert "user.secondEmail" in observed
    code, printed = drifted("verify", id_)
    assert code == 1
    assert "user.secondEmail" in printed


def test_a_finding_whose_data_cannot_be_read_is_not_evaluated(drifted):
    id_ = finding(drifted, "email-not-login")
    fix_email(drifted.world)
    drifted.world.okta_permissions.remove("okta.profileMappings.read")
    code, printed = drifted("verify", id_)
    assert code == 3
    assert f"{id_[:7]}: not evaluated" in printed
    assert "okta.mappings" in printed


def test_a_cause_is_fixed_only_when_all_of_its_findings_are(drifted):
    id_ = finding(drifted, "email-not-login")
    result = json.loads(drifted("verify", id_, "--format", "json")[1])
    rules = {each["rule"]: each["status"] for each in result["findings"]}
    assert rules.keys() == {"email-not-login", "sso-identifier-differs"}
    assert set(rules.values()) == {"still_open"}


def test_a_rule_that_is_disabled_or_changed_verifies_no_fix(drifted):
    id_ = finding(drifted, "email-not-login")
    fix_email(drifted.world)
    configuration = drifted.config.read_text()
    drifted.config.write_text(f"{configuration}\n[rules.email-not-login]\nenabled = false\n")
    code, printed = drifted("verify", id_)
    assert code == 3
    assert "The rule is disabled or was removed." in printed
    drifted.config.write_text(f'{configuration}\n[rules.email-not-login]\nseverity = "low"\n')
    code, printed = drifted("verify", id_)
    assert (code, "its parameters changed" in printed) == (3, True)


def test_the_scim_endpoint_is_requested_again_within_the_hour(commands):
    commands.world.set_scim_reachable(False)
    commands.audit()
    id_ = finding(commands, "scim-endpoint-down")
    assert commands("verify", id_)[0] == 1
    commands.world.set_scim_reachable(True)
    assert commands("verify", id_)[0] == 0


def test_nothing_is_stored_and_nothing_is_sent(drifted):
    id_ = finding(drifted, "email-not-login")
    before = drifted.json("findings", "--state", "all"), drifted.json("history")
    fix_email(drifted.world)
    assert drifted("verify", id_)[0] == 0
    assert (drifted.json("findings", "--state", "all"), drifted.json("history")) == before


def test_an_unknown_id_is_refused(drifted):
    assert drifted("verify", "ffffffff") == (2, "")
    assert drifted.errors.startswith("auditor: ffffffff: no finding has this id")


def test_waiting_ends_with_the_read_that_shows_the_fix(drifted):
    id_ = finding(drifted, "email-not-login")
    fix_email(drifted.world)
    assert drifted("verify", id_, "--wait", "10m")[0] == 0


class Reads:
    """Results of reads that take ``seconds`` each. Only reads and pauses move the clock."""

    def __init__(self, *statuses: VerificationStatus, seconds: float = 2) -> None:
        self._statuses = list(statuses)
        self._seconds = seconds
        self._at = 0.0
        self.pauses: list[float] = []

    def read(self) -> Verification:
        self._at += self._seconds
        status = self._statuses.pop(0)
        return Verification(target="a", id="b", at=utc_now(), status=status, findings=())

    def wait(self, minutes: int) -> VerificationStatus:
        span = timedelta(minutes=minutes)
        result = verify_until_fixed(self.read, span, sleep=self._sleep, timer=lambda: self._at)
        return result.status

    def _sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self._at += seconds


OPEN, FIXED = VerificationStatus.STILL_OPEN, VerificationStatus.FIXED


def test_a_pause_is_half_a_minute_and_never_shorter_than_the_read_before_it():
    reads = Reads(OPEN, OPEN, FIXED)
    assert (reads.wait(10), reads.pauses) == (FIXED, [30, 30])
    slow = Reads(OPEN, FIXED, seconds=90)
    assert (slow.wait(10), slow.pauses) == (FIXED, [90])


def test_the_last_read_is_at_the_end_of_the_waiting_time():
    reads = Reads(OPEN, OPEN, OPEN)
    assert (reads.wait(1), reads.pauses) == (OPEN, [30, 26])
