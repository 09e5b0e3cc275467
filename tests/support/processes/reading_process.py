"""A process that reads a list of users, and what it needs: the outcome and its memory."""

import json
import subprocess
import sys
import zlib
from collections.abc import Iterator

from auditor.collect.http.limits import MIB
from tests.support.peers.canned_server import Peer

READ_USERS = """
import sys
import httpx
from auditor.collect.http import ApiClient, Deadline
from auditor.collect.http.collect_error import CollectError
from auditor.collect.http.limits import Limits
from auditor.collect.reader import Reader
from auditor.collect.unleash.users import read_users_and_count

client = ApiClient(sys.argv[1], lambda _: httpx.Auth(), limits=Limits(), deadline=Deadline(120))
with client:
    try:
        print(len(read_users_and_count(Reader(client, lambda _: None)).users.users))
    except CollectError as error:
        print(error.missing.why.value)
# not ru_maxrss: a child starts with the peak of its parent
peak = next(line for line in open("/proc/self/status") if line.startswith("VmHWM"))
print(int(peak.split()[1]) // 1024)
"""


def read_in_a_process(peer: Peer) -> tuple[str, int]:
    """Read a list of users in a separate process; return the result and its memory in MiB."""
    done = subprocess.run(
        [sys.executable, "-c", READ_USERS, peer.url], capture_output=True, text=True, check=True
    )
    outcome, memory = done.stdout.split("\n")[:2]
    return outcome, int(memory)


SMALL_USERS = b'{"id":1},' * (MIB // 9)
"""One MiB of the smallest users."""


def inflating_users(rows: bytes = SMALL_USERS) -> bytes:
    """Return a small compressed list of users that inflates to 240 MiB."""
    return _zipped(iter([b'{"rootRoles":[],"users":[', *([rows] * 240), b'{"id":2}]}']))


def list_of_users(number: int) -> bytes:
    """Return a list of users as Unleash has them, about 400 bytes each."""
    users = [_user(each) for each in range(number)]
    return json.dumps({"users": users, "rootRoles": []}).encode()


def _user(number: int) -> dict[str, object]:
    return {
        "id": number,
        "isAPI": False,
        "accountType": "User",
        "name": f"Person Number {number}",
        "email": f"person.{number}@example.com",
        "username": f"person.{number}",
        "imageUrl": f"https://gravatar.com/avatar/{number:064x}?s=42&d=retro&r=g",
        "seenAt": "2026-05-04T09:00:00.000Z",
        "loginAttempts": 0,
        "createdAt": "2025-05-04T09:00:00.000Z",
        "scimId": f"{number:032x}",
        "rootRole": 3,
    }


def _zipped(parts: Iterator[bytes]) -> bytes:
    packer = zlib.compressobj(9, wbits=zlib.MAX_WBITS | 16)
    return b"".join(packer.compress(part) for part in parts) + packer.flush()
