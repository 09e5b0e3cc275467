"""Rules of ``rule_paths`` in the auditor: their texts, their parameters, their results."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from itertools import chain
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

import msgspec
from msgspec import Raw

from auditor.domain.collections import COLLECTIONS
from auditor.domain.context import RuleContext
from auditor.domain.reasons import ProcessEnd, RuleProcessEnded
from auditor.errors import ConfigError, nearest
from auditor.rule.check_run import failed
from auditor.rule.custom.process_messages import (
    BindParams,
    DescribeFiles,
    EvaluateRules,
    FileAnswer,
    ParamsAnswer,
    ParamsFacts,
    ResultsAnswer,
    RuleFacts,
    RuleRun,
    SourceFile,
    snapshot_lines,
)
from auditor.rule.custom.rule_file import RuleFile, read_rule_files
from auditor.rule.custom.rule_process import ProcessEnded, ProcessLimits, ask_process
from auditor.rule.definition import Parameter, Params, Rule
from auditor.rule.parameter_error import parameter_error
from auditor.rule.results import Result, Unknown
from auditor.rule.texts.reason_text import reason_text
from auditor.serialization import from_json, validation_message

MAX_LOG_WINDOW = timedelta(days=400)
"""Longer than the logs are kept. A date before the first year would be an error."""


class CustomParams(Params, frozen=True, kw_only=True):
    """The parameters of a custom rule. Only the child process knows their type."""

    facts: ParamsFacts

    @property
    def log_window(self) -> timedelta:
        """How far back the rule needs the logs, at most :data:`MAX_LOG_WINDOW`."""
        return min(self.facts.log_window, MAX_LOG_WINDOW)

    @property
    def reads_all_members(self) -> bool:
        """Whether the rule needs all members of pushed groups."""
        return self.facts.reads_all_members

    @property
    def identity_values(self) -> tuple[str, ...]:
        """Values that match only names, emails or logins."""
        return self.facts.identity_values

    @property
    def allowed_attributes(self) -> frozenset[str] | None:
        """Attributes allowed beyond the six."""
        return self.facts.allowed_attributes


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomRule:
    """A rule of ``rule_paths``: its texts, and the file that holds its code."""

    rule: Rule[CustomParams]
    file: RuleFile
    parameters: tuple[Parameter, ...]
    defaults: ParamsFacts | None

    def bind(self, table: Mapping[str, Any], key: str) -> CustomParams:
        """Return the parameters that a table sets.

        Raises :class:`~auditor.errors.ConfigError`, which names the ``key`` of the table.
        """
        if not table and self.defaults is not None:
            return CustomParams(facts=self.defaults)
        answer = _bound(self.file, self.rule.id, msgspec.json.encode(table, order="sorted"))
        if answer.params is None:
            if answer.path:
                raise parameter_error(self.rule.id, key, answer.path, answer.error)
            msg = f"{key}: {answer.error} (correct the table, or {self.file.path})"
            raise ConfigError(msg)
        return CustomParams(facts=answer.params)


def load_custom_rules(directory: Path, *, where: str = "rule_paths") -> tuple[CustomRule, ...]:
    """Return the rules of a directory of ``rule_paths``, in the order of its files.

    ``where`` is the place that names the directory, for messages. Raises
    :class:`~auditor.errors.ConfigError`.
    """
    files = read_rule_files(directory, where=where)
    return _described(files) if files else ()


@lru_cache(maxsize=100)
def _described(files: tuple[RuleFile, ...]) -> tuple[CustomRule, ...]:
    """Execute the files in a child process, once while they stay the same."""
    request = DescribeFiles(files=tuple(map(_source, files)))
    rules: list[CustomRule] = []
    done = 0
    try:
        with closing(ask_process([msgspec.json.encode(request)], ProcessLimits())) as lines:
            # Not strict: a file can end the process early, and `done` then names it.
            for file, line in zip(files, lines, strict=False):
                rules += _custom_rules(file, _file_answer(file, line))
                done += 1
    except ProcessEnded as ended:
        reason = reason_text(RuleProcessEnded(why=ended.why, rule=""))
        path = files[min(done, len(files) - 1)].path
        msg = f"{path}: cannot be loaded: {reason} (correct this file)"
        raise ConfigError(msg) from ended
    if done < len(files):
        msg = (
            f"{files[done].path}: cannot be loaded: it ended the answer of its process "
            "(remove what writes to the pipe of the process or closes it)"
        )
        raise ConfigError(msg)
    return tuple(rules)


def _file_answer(file: RuleFile, line: bytes) -> FileAnswer:
    try:
        return from_json(line, FileAnswer)
    except msgspec.DecodeError as error:  # a wrong type in @rule, or a file that writes to the pipe
        path, reason = validation_message(error)
        where = f"{path.removeprefix('.')}: " if path else ""
        msg = f"{file.path}: a rule is not valid: {where}{reason} (correct @rule in this file)"
        raise ConfigError(msg) from error


def _custom_rules(file: RuleFile, answer: FileAnswer) -> Iterator[CustomRule]:
    if answer.error:
        raise ConfigError(answer.error)
    for facts in answer.rules:
        if unknown := sorted(set(facts.requires) - COLLECTIONS.keys()):
            msg = (
                f'{file.path}: rule {facts.id} requires "{unknown[0]}", which is no collection'
                f"{nearest(unknown[0], COLLECTIONS) or ' (correct `requires`)'}"
            )
            raise ConfigError(msg)
        yield CustomRule(
            rule=_rule(facts), file=file, parameters=facts.parameters, defaults=facts.defaults
        )


def _rule(facts: RuleFacts) -> Rule[CustomParams]:
    return Rule(
        id=facts.id,
        title=facts.title,
        problem=facts.problem,
        problems=facts.problems,
        many=facts.many,
        rationale=facts.rationale,
        severity=facts.severity,
        family=facts.family,
        guide=facts.guide,
        evidence=facts.evidence,
        remediation=facts.remediation,
        requires=frozenset(COLLECTIONS[name] for name in facts.requires),
        may_read=frozenset(),
        counts_from=frozenset(),
        params=CustomParams,
        resolves_on_success=facts.resolves_on_success,
        enabled=facts.enabled,
        check=_not_bound,
    )


def _not_bound(_context: RuleContext, _params: CustomParams) -> Iterable[Result]:
    msg = "a custom rule is evaluated only after CustomEvaluation.check"
    raise TypeError(msg)


@lru_cache(maxsize=1000)
def _bound(file: RuleFile, rule: str, table: bytes) -> ParamsAnswer:
    request = BindParams(file=_source(file), rule=rule, table=Raw(table))
    try:
        with closing(ask_process([msgspec.json.encode(request)], ProcessLimits())) as lines:
            return from_json(next(lines, b""), ParamsAnswer)
    except msgspec.DecodeError as error:
        return ParamsAnswer(error=f"the parameters are not valid: {error}")
    except ProcessEnded as ended:
        return ParamsAnswer(error=reason_text(RuleProcessEnded(why=ended.why, rule=rule)))


class CustomEvaluation:
    """The custom rules of one target, which are evaluated together in one child process."""

    def __init__(
        self,
        rules: Iterable[tuple[CustomRule, CustomParams]],
        limits: ProcessLimits | None = None,
    ) -> None:
        self._rules = tuple(rules)
        self._limits = limits or ProcessLimits()
        # Weak keys: the results are deleted with the context of the audit.
        self._done: WeakKeyDictionary[RuleContext, Mapping[str, tuple[Result, ...]]] = (
            WeakKeyDictionary()
        )

    def check(self, rule: str) -> Callable[[RuleContext, Any], Iterable[Result]]:
        """Return the check of one rule. The first check of a snapshot starts the process."""

        def results(context: RuleContext, _params: CustomParams) -> tuple[Result, ...]:
            if context not in self._done:
                self._done[context] = self._evaluate(context)
            return self._done[context][rule]

        return results

    def _evaluate(self, context: RuleContext) -> Mapping[str, tuple[Result, ...]]:
        """Return the results of each rule; a rule that was not done is unknown."""
        ids = [custom.rule.id for custom, _ in self._rules]
        done: dict[str, tuple[Result, ...]] = {}
        why = ProcessEnd.EXIT
        lines = chain(
            [msgspec.json.encode(self._request(context))], snapshot_lines(context.snapshot)
        )
        try:
            with closing(ask_process(lines, self._limits)) as answers:
                for line in answers:
                    answer = from_json(line, ResultsAnswer)
                    done[answer.rule] = _decoded(answer)
        except ProcessEnded as ended:
            why = ended.why
        except msgspec.DecodeError:  # a rule wrote to the pipe itself
            why = ProcessEnd.OUTPUT
        # The process evaluates the rules in this order, so the first one without an answer was
        # running.
        running = next((each for each in ids if each not in done), "")
        unknown = (Unknown(reason=RuleProcessEnded(why=why, rule=running)),)
        return {each: done.get(each, unknown) for each in ids}

    def _request(self, context: RuleContext) -> EvaluateRules:
        files = {custom.file.path: custom.file for custom, _ in self._rules}
        return EvaluateRules(
            files=tuple(map(_source, files.values())),
            rules=tuple(
                RuleRun(rule=custom.rule.id, path=str(custom.file.path), params=params.facts.values)
                for custom, params in self._rules
            ),
            target=context.target,
            taken_at=context.at,
            missing=dict(context.snapshot.missing),
            attestations=context.attestations,
            allowed_attributes=context.allowed_attributes,
        )


def _decoded(answer: ResultsAnswer) -> tuple[Result, ...]:
    try:
        return answer.decoded()
    except msgspec.DecodeError as error:
        return (failed(error),)


def _source(file: RuleFile) -> SourceFile:
    return SourceFile(path=str(file.path), content=file.content)
