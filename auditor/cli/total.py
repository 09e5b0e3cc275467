"""The end of a long round: how many targets ended in which way."""

from collections.abc import Mapping

from auditor.cli.exit_code import ExitCode
from auditor.cli.page import Page
from auditor.text import count, list_some

NAMED = 10
"""So many targets are named in one line."""

ENDS = {
    ExitCode.UNUSABLE: "not audited",
    ExitCode.FINDINGS: "with findings",
    ExitCode.BLIND: "not all seen",
    ExitCode.NOT_DELIVERED: "not all told",
    ExitCode.CLEAN: "clean",
}
CLEAN = frozenset({ExitCode.CLEAN})


def total(codes: Mapping[str, frozenset[ExitCode]]) -> None:
    """Write how many targets ended in which way, worst first; one may be in several lines."""
    page = Page()
    page.line((count(len(codes), "target"), "bold"))
    for code, words in ENDS.items():
        names = sorted(name for name, true in codes.items() if code in (true or CLEAN))
        if names:
            page.line(list_some(names, len(names), NAMED), label=f"  {len(names):>6,}  {words}: ")
