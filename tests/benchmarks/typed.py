"""The official SDK's typed client, which only lists the assignments."""
# ruff: noqa: T201  (it reports to the terminal)

import asyncio
import os
import re
import sys
from typing import Any

os.environ["OKTA_TESTING_TESTINGDISABLEHTTPSCHECK"] = "true"


async def read(okta: str, app: str) -> int:
    """List all assignments with their users."""
    from okta.client import Client

    client: Any = Client({"orgUrl": okta, "token": os.environ["SANDBOX_OKTA_TOKEN"]})
    found: list[Any] = []
    after = None
    while True:
        page, answer, error = await client.list_application_users(
            app, after=after, limit=500, expand="user"
        )
        if error:
            raise LookupError(str(error))
        found += page
        names = {name.lower(): value for name, value in answer.headers.items()}
        following = re.search(r"[?&]after=([^&>]+)[^>]*>; *rel=\"next\"", names.get("link", ""))
        if not following:
            return len(found)
        after = following[1]


if __name__ == "__main__":
    print(asyncio.run(read(sys.argv[1], sys.argv[3])))
