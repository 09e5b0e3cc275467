"""The program of the child process: execute rule files, and describe, bind or evaluate their rules.

Only this process executes the files of ``rule_paths``. It reads one request from stdin and answers
with JSON lines. Each error of a rule is data in the answer.
"""

import linecache
import os
import resource
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from types import ModuleType
from typing import Any

import msgspec
from msgspec import Raw

from auditor.errors import AuditorError
from auditor.rule.check_run import failed, run_check
from auditor.rule.custom.process_messages import (
    END,
    BindParams,
    DescribeFiles,
    EvaluateRules,
    FileAnswer,
    ParamsAnswer,
    ParamsFacts,
    Request,
    ResultsAnswer,
    RuleFacts,
    SourceFile,
    read_context,
)
from auditor.rule.custom.rule_supervisor import supervise
from auditor.rule.definition import Params, Rule
from auditor.rule.results import Result
from auditor.rule.rule_module import module_error, module_name, rules_in
from auditor.rule.texts.parameter_texts import parameters
from auditor.serialization import convert, validation_message


def main(words: list[str]) -> None:
    """Answer one request. ``words``: the limits of CPU seconds and of memory in bytes."""
    supervise(int(words[0]))  # from here on, this is a child of the process that was started
    _limit(seconds=int(words[0]), memory_bytes=int(words[1]))
    os.environ.clear()  # the interpreter itself can have set LC_CTYPE
    lines = sys.stdin.buffer
    request: Any = msgspec.json.decode(lines.readline(), type=Request)
    rows = lines.readlines() if isinstance(request, EvaluateRules) else []
    send = _take_pipe()
    match request:
        case DescribeFiles():
            answers: Iterator[Any] = map(_describe, request.files)
        case BindParams():
            answers = iter([_bind(request)])
        case _:
            answers = _evaluate(request, _emptied(rows))
    for answer in answers:
        send(msgspec.json.encode(answer))
    send(END)
    os._exit(0)  # exit handlers and threads of a rule must not run


def _limit(*, seconds: int, memory_bytes: int) -> None:
    # A system that does not know a limit still has that of the auditor, which ends the process.
    for kind, most in (
        (resource.RLIMIT_AS, memory_bytes),
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_CORE, 0),
    ):
        with suppress(ValueError, OSError):
            resource.setrlimit(kind, (most, most))
    # If the auditor is killed, nothing else ends a rule that sleeps.
    signal.alarm(seconds)
    # In a container without memory, the kernel ends this process and not the auditor.
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000", encoding="ascii")


def _take_pipe() -> Callable[[bytes], None]:
    """Return a function that sends a line to the auditor. Stdout becomes the null device."""
    pipe = os.dup(1)
    null = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(null, descriptor)
    os.close(null)

    def send(line: bytes) -> None:
        content = memoryview(line + b"\n")
        while content:
            content = content[os.write(pipe, content) :]

    return send


def _emptied(rows: list[bytes]) -> Iterator[bytes]:
    """Yield the lines and delete each one, so that text and records are not in memory together."""
    rows.reverse()
    while rows:
        yield rows.pop()


def _execute(file: SourceFile) -> ModuleType:
    path = Path(file.path)
    module = ModuleType(module_name(path))
    module.__file__ = file.path
    sys.modules[module.__name__] = module
    text = file.content.decode(errors="replace")
    # `inspect` reads the docstrings of parameters from here, because the file can have changed.
    linecache.cache[file.path] = (len(text), None, text.splitlines(keepends=True), file.path)
    try:
        # the bytes that were hashed; the file is not read a second time
        exec(compile(file.content, file.path, "exec", dont_inherit=True), vars(module))  # noqa: S102
    except BaseException as error:  # also sys.exit: the error must name the file that called it
        raise module_error(path, error) from error
    return module


def _rules(file: SourceFile) -> tuple[Rule[Any], ...]:
    return rules_in(_execute(file), Path(file.path))


def _describe(file: SourceFile) -> FileAnswer:
    try:
        return FileAnswer(rules=tuple(map(_facts, _rules(file))))
    except AuditorError as error:
        return FileAnswer(error=str(error))
    except BaseException as error:  # noqa: BLE001  (properties of parameters are code of the rule)
        return FileAnswer(error=str(module_error(Path(file.path), error)))


def _facts(rule: Rule[Any]) -> RuleFacts:
    try:
        defaults = _params_facts(convert({}, rule.params))
    except msgspec.ValidationError:
        defaults = None
    return RuleFacts(
        id=rule.id,
        title=rule.title,
        problem=rule.problem,
        problems=dict(rule.problems),
        many=dict(rule.many),
        rationale=rule.rationale,
        severity=rule.severity,
        family=rule.family,
        guide=rule.guide,
        evidence=rule.evidence,
        remediation=rule.remediation,
        requires=tuple(sorted(each.name for each in rule.requires)),
        resolves_on_success=rule.resolves_on_success,
        enabled=rule.enabled,
        parameters=parameters(rule.params),
        defaults=defaults,
    )


def _params_facts(params: Params) -> ParamsFacts:
    return ParamsFacts(
        values=Raw(msgspec.json.encode(params, order="sorted")),
        log_window=params.log_window,
        reads_all_members=params.reads_all_members,
        identity_values=params.identity_values,
        allowed_attributes=params.allowed_attributes,
    )


def _bind(request: BindParams) -> ParamsAnswer:
    try:
        rule = next(each for each in _rules(request.file) if each.id == request.rule)
        table = msgspec.json.decode(request.table)
        return ParamsAnswer(params=_params_facts(convert(table, rule.params)))
    except msgspec.ValidationError as error:
        path, text = validation_message(error)
        return ParamsAnswer(path=path, error=text)
    except BaseException as error:  # noqa: BLE001  (properties of parameters are code of the rule)
        return ParamsAnswer(error=f"{type(error).__name__}: {error}")


def _evaluate(request: EvaluateRules, rows: Iterator[bytes]) -> Iterator[ResultsAnswer]:
    context = read_context(request, rows)
    files = {file.path: file for file in request.files}
    loaded: dict[str, dict[str, Rule[Any]]] = {}
    for run in request.rules:
        try:
            if run.path not in loaded:
                loaded[run.path] = {each.id: each for each in _rules(files[run.path])}
            rule = loaded[run.path][run.rule]
            params = convert(msgspec.json.decode(run.params), rule.params)
            results: tuple[Result, ...] = run_check(rule, params, context)
            answer = ResultsAnswer.of(run.rule, results)
        except BaseException as error:  # noqa: BLE001  (an error of one rule ends no other)
            answer = ResultsAnswer.of(run.rule, (failed(error),))
        yield answer
