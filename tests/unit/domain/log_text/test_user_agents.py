"""The tool of a change, by the user agent of its event."""

import pytest

from auditor.domain.log_text.user_agents import Tool, tool_of


@pytest.mark.parametrize(
    ("user_agent", "tool"),
    [
        ("okta-terraform/4.8.0 okta-sdk-golang/4.1 go/1.22", Tool.TERRAFORM),
        ("python-requests/2.32", Tool.API_CLIENT),
        ("Mozilla/5.0 (Windows NT 10.0) PowerShell/7.4", Tool.API_CLIENT),
        ("Mozilla/5.0 (X11; Linux x86_64) Firefox/128.0", Tool.CONSOLE),
        ("console", Tool.CONSOLE),
        ("a console of another kind", None),
        ("", None),
        (None, None),
    ],
)
def test_a_tool_is_known_by_its_user_agent(user_agent, tool) -> None:
    assert tool_of(user_agent) is tool
