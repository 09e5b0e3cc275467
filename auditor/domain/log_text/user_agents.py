"""The tool that an event of Okta's System Log was caused with, from its user agent. Pure."""

import re
from enum import StrEnum


class Tool(StrEnum):
    """The means of a change, as readers see it."""

    CONSOLE = "console"
    TERRAFORM = "Terraform"
    API_CLIENT = "API client"


_PATTERNS = (
    (Tool.TERRAFORM, r"terraform"),
    (
        Tool.API_CLIENT,
        (
            r"okta-sdk|okta-cli|oktapam|curl|wget|python|postman|insomnia|powershell|go-http|httpie"
            r"|java/|okhttp|axios|node|api client"
        ),
    ),
    # Last, because PowerShell's user agent begins with Mozilla too. "console" is the text that
    # privacy = "ids" leaves of a user agent.
    (Tool.CONSOLE, r"mozilla|^console$"),
)
_COMPILED = tuple((tool, re.compile(text, re.IGNORECASE)) for tool, text in _PATTERNS)


def tool_of(user_agent: str | None) -> Tool | None:
    """Return the tool that a user agent identifies; ``None``: it identifies none."""
    if not user_agent:
        return None
    return next((tool for tool, pattern in _COMPILED if pattern.search(user_agent)), None)
