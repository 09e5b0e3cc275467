"""Requests without TLS to servers on loopback.

By itself, httpx reads all certificates of the system for each request: 20 ms of CPU.
"""

from functools import partial

import httpx

PlainClient = partial(httpx.Client, verify=False)
plain_get = partial(httpx.get, verify=False)
plain_post = partial(httpx.post, verify=False)
