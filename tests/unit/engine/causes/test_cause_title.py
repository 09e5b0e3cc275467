"""Titles of causes that count findings and groups."""

import pytest

from auditor.engine.causes.cause_title import lead_title


def titled(rule: str, kind: str = "", names: tuple[str, ...] = (), findings: int = 1) -> str:
    return lead_title(
        rule,
        kind=kind,
        subject="s",
        attribute="",
        names=names,
        findings=findings,
        evidence=(),
        titles={},
    )[0]


@pytest.mark.parametrize(
    ("findings", "title"),
    [(1, "1 leaver keeps an Unleash account"), (2, "2 leavers keep Unleash accounts")],
)
def test_leavers_are_counted(findings, title) -> None:
    assert titled("user-not-removed", findings=findings) == title


@pytest.mark.parametrize(
    ("names", "title"),
    [
        (("Sailors",), 'The push of the group "Sailors" fails'),
        (("",), "The push of a group fails"),
        (("Sailors", "Pilots"), "The push of 2 groups fails"),
        (("", "Pilots"), "The push of 2 groups fails"),
    ],
)
def test_groups_are_named_or_counted(names, title) -> None:
    assert titled("group-push-failing", "error", names, len(names)) == title
