"""The end of `auditor init` at a terminal: check the access, and offer the first audit."""

from collections.abc import Callable, Sequence
from pathlib import Path

from auditor.cli.output.exit_code import ExitCode
from auditor.cli.setup.questions import Asker

_NO = "no"


def offer_first_audit(asker: Asker, config: Path, run: Callable[[Sequence[str]], int]) -> int:
    """Run `auditor doctor`; then, if the user wants it, the first audit and its report.

    ``run`` runs one command and returns its exit code. Returns the code of the first step that
    makes the next one useless, else 0: findings of the first audit are no failure of the set-up.
    """
    option = ("-c", str(config))
    asker.show("", "Checking the access (auditor doctor):", "")
    code = run(["doctor", *option])
    if code == ExitCode.UNUSABLE:
        asker.show("", "Correct the problems above, then run: auditor doctor, auditor run")
        return code
    if asker.is_asked_to(_NO, f'Press Enter to run the first audit now, or type "{_NO}"'):
        return ExitCode.OK
    code = run(["run", "--exit-zero", *option])
    return code or run(["report", *option])
