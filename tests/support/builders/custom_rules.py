"""Files of ``rule_paths`` for tests: a rule with any body."""

from pathlib import Path

RULE = '''\
from auditor.rule import *

{top}

class OwnParams(Params):
    """The parameters."""

    label: str = "Unleash"
    """The wanted label."""


@rule(
    id="{id}",
    severity=Severity.LOW,
    family=Family.ONLY_SIX,
    guide="Okta 5",
    evidence="None.",
    remediation="None.",
    requires={{APP}},
    params=OwnParams,
)
def check(context: RuleContext, params: OwnParams):
    """A promise of our own.

    Because.
    """
    {body}
'''


def write_rule(
    folder: Path, id_: str = "own-rule", *, body: str = "return []", top: str = ""
) -> Path:
    """Write a rule file whose check has ``body``, into a folder that only its owner writes."""
    folder.mkdir(exist_ok=True)
    folder.chmod(0o755)
    path = folder / f"{id_.replace('-', '_')}.py"
    path.write_text(RULE.format(id=id_, body=body.replace("\n", "\n    "), top=top))
    path.chmod(0o644)
    return path
