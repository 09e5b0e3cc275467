"""Run one check on one snapshot. Pure."""

from collections.abc import Callable
from typing import Any, get_args

from auditor.domain.context import RuleContext
from auditor.domain.snapshot import DataMissing, LeftToFullAudit
from auditor.rule.definition import Params, Rule
from auditor.rule.results import MissingDataReason, Result, RuleFailed, Unknown

_RESULT_TYPES = frozenset(get_args(Result))


def run_check(
    rule: Rule[Any],
    params: Params,
    context: RuleContext,
    *,
    reduce: Callable[[Result], Result] = lambda result: result,
) -> tuple[Result, ...]:
    """Return the results of a check; missing data and errors of the rule become unknown.

    Each result is replaced by what ``reduce`` returns for it before the next one is requested, so
    that a check with very many results needs little memory. Raises only
    :class:`KeyboardInterrupt`.
    """
    results: list[Result] = []
    try:
        # Sorted, so that the same missing collection is named in each audit.
        for collection in sorted(rule.requires, key=str):
            if reason := context.missing_reason(collection):
                return (Unknown(reason=reason),)
        for result in rule.check(context, params):
            _require_result(result)
            results.append(reduce(result))
    except (DataMissing, LeftToFullAudit) as gap:
        missing = MissingDataReason(collection=gap.collection.name, missing=gap.missing)
        results.append(Unknown(reason=missing))
    except KeyboardInterrupt:
        raise
    except MemoryError as error:
        results = [failed(error)]  # delete the results, because they may have filled the memory
    except BaseException as error:  # noqa: BLE001  (sys.exit in a rule must not end the audit)
        results.append(failed(error))
    return tuple(results)


def failed(error: BaseException) -> Unknown:
    """Return the result of a rule whose code raised an error."""
    trace = error.__traceback__
    while trace and trace.tb_next:
        trace = trace.tb_next
    line = trace.tb_lineno if trace else None
    return Unknown(reason=RuleFailed(error=type(error).__name__, line=line))


def _require_result(value: object) -> None:
    # The type first: asking a union of classes is slow, and a check can have 100,000 results.
    if type(value) not in _RESULT_TYPES and not isinstance(value, Result):
        msg = f"a check returns results, not {type(value).__name__}"
        raise TypeError(msg)
