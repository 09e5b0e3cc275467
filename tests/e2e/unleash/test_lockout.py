"""The lock-out scenarios about passwords, compared with real sign-ins to a real Unleash."""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any, LiteralString

import httpx
import pytest

from auditor.cli.main import run
from tests.support.peers.unleash_provisioning import RECOVERY_PASSWORD, provision, recovery_admin
from tests.support.peers.unleash_server import RealUnleash

INITIAL_ADMIN = 1
INITIAL_PASSWORD = "unleash4all"

Passwords = Mapping[int, tuple[str, str]]
"""Unleash user id of each direct admin to username and password; without one: never correct."""


def two_passwords(unleash: RealUnleash) -> Passwords:
    recovery = recovery_admin(unleash)
    return {
        INITIAL_ADMIN: ("admin", INITIAL_PASSWORD),
        recovery: ("break-glass", RECOVERY_PASSWORD),
    }


def one_password_of_two_admins(unleash: RealUnleash) -> Passwords:
    passwords = two_passwords(unleash)
    unleash.execute("UPDATE users SET password_hash = NULL WHERE username = 'break-glass'")
    return passwords


def one_admin(unleash: RealUnleash) -> Passwords:
    del unleash
    return {INITIAL_ADMIN: ("admin", INITIAL_PASSWORD)}


def no_password(unleash: RealUnleash) -> Passwords:
    passwords = two_passwords(unleash)
    unleash.execute("UPDATE users SET password_hash = NULL")
    return passwords


def happens(scenario: str, unleash: RealUnleash) -> bool:
    """Do to the real Unleash what the scenario is about; return whether it could be done.

    A password is lost only if there was one. SCIM and SSO are not in the open-source edition.
    """
    name, _, account = scenario.rpartition("-")
    match name:
        case "deleted":
            unleash.delete_user(int(account))
        case "password-lost":
            sql: LiteralString = (
                "UPDATE users SET password_hash = NULL"
                " WHERE password_hash IS NOT NULL AND id = %s RETURNING id"
            )
            return bool(unleash.execute(sql, int(account)))
        case "password-login":
            unleash.set_password_login(False)
        case _:
            pass
    return True


def can_sign_in(unleash: RealUnleash, username: str, password: str) -> bool:
    credentials = {"username": username, "password": password}
    return httpx.post(f"{unleash.url}/auth/simple/login", json=credentials).status_code == 200


@pytest.mark.parametrize(
    "prepare", [two_passwords, one_password_of_two_admins, one_admin, no_password]
)
def test_a_predicted_sign_in_works_and_a_disproven_one_is_refused(
    prepare: Callable[[RealUnleash], Passwords], real_unleash, config, capsys
):
    prepare(real_unleash)
    run(["lockout", "--config", str(config), "--format", "json"])
    (lockout,) = json.loads(capsys.readouterr().out)
    compared = set()
    for scenario in lockout["scenarios"]:
        if not re.match("today|password-|deleted-", scenario["name"]):
            continue
        real_unleash.reset()
        passwords = prepare(real_unleash)
        if not happens(scenario["name"], real_unleash):
            continue
        works = {id_: can_sign_in(real_unleash, *each) for id_, each in passwords.items()}
        compared |= {scenario["reachable"]} & {"proven", "disproven"}
        assert agrees(scenario["reachable"], any(works.values())), scenario["name"]
        for path in scenario["paths"]:
            assert agrees(path["state"], works[path["id"]]), (scenario["name"], path)
    assert "disproven" in compared


def agrees(predicted: str, works: bool) -> bool:
    """Return whether a sign-in is as predicted; ``unknown`` predicts nothing."""
    return {"proven": works, "disproven": not works, "unknown": True}[predicted]


def test_the_predictions_are_not_all_unknown(world, real_unleash, config, capsys):
    provision(world, real_unleash)
    two_passwords(real_unleash)
    run(["lockout", "--config", str(config), "--format", "json"])
    (lockout,) = json.loads(capsys.readouterr().out)
    reachable: dict[str, Any] = {each["name"]: each["reachable"] for each in lockout["scenarios"]}
    assert reachable["today"] == reachable["deleted-1"] == "proven"
    assert reachable["password-login-off"] == "disproven"
