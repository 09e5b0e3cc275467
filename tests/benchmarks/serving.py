"""The sandbox of the benchmarks, in a separate process, so that its cost is not measured.

The argument is the number of users. It prints its addresses on one line, then reads one order per
line: it answers `late SECONDS`, `storm`, `drift`, `unmanaged`, `requests` and `slack` with a line
of JSON.
"""
# ruff: noqa: T201  (it reports to the terminal)

import json
import sys
from typing import Any

from auditor.cli.setup.sandbox_files import environment, sandbox_configuration
from auditor.sandbox import Sandbox, World
from auditor.sandbox.faults.wire import slow


def serve(people: int) -> None:
    """Serve until stdin is closed; encoded answers are cached."""
    world = World.crowd(people)
    world.frozen = True
    with Sandbox(world) as sandbox:
        addresses = {
            "configuration": sandbox_configuration(sandbox),
            "environment": dict(environment(sandbox)),
            "okta": sandbox.okta_url,
            "unleash": sandbox.unleash_url,
            "app": world.app_id,
        }
        print(json.dumps(addresses), flush=True)
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
        case "drift":
            sandbox.world.frozen = False
            sandbox.world.advance(seconds=1)
            sandbox.world.map_attribute("user", "email", "user.email")
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
