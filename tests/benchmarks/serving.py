"""The sandbox of the benchmarks, in a process of its own: what it costs is nobody else's.

Started with a number of people. It says on one line where it is, then does what it is told, one
order on a line: it answers `late SECONDS`, `storm`, `unmanaged`, `requests` and `slack` with a line
of JSON.
"""
# ruff: noqa: T201  (printing is how it tells)

import json
import sys
from typing import Any

from auditor.cli.setup.sandbox_files import environment, sandbox_configuration
from auditor.sandbox import Sandbox, World
from auditor.sandbox.faults.wire import slow


def serve(people: int) -> None:
    """Serve until nobody is left to give orders; answers are kept as encoded."""
    world = World.crowd(people)
    world.frozen = True
    with Sandbox(world) as sandbox:
        told = {
            "configuration": sandbox_configuration(sandbox),
            "environment": dict(environment(sandbox)),
            "okta": sandbox.okta_url,
            "unleash": sandbox.unleash_url,
            "app": world.app_id,
        }
        print(json.dumps(told), flush=True)
        for order in sys.stdin:
            print(json.dumps(_obey(sandbox, *order.split())), flush=True)


def _obey(sandbox: Sandbox, what: str, *arguments: str) -> Any:
    match what:
        case "late":
            for service in ("okta", "unleash"):
                sandbox.faults.add(service, "/**", slow(float(arguments[0])))
        case "storm":
            sandbox.world.frozen = False
            sandbox.world.map_attribute("user", "email", "user.email")
            sandbox.world.push_again()
        case "unmanaged":
            sandbox.world.frozen = False
            for account in sandbox.world.unleash.people:
                account.scim_id = None
        case "requests":
            asked = [f"{one.service} {one.path}" for one in sandbox.requests]
            sandbox.requests.clear()
            return asked
        case "slack":
            return len(sandbox.slack.channel.roots())
    return None


if __name__ == "__main__":
    serve(int(sys.argv[1]))
