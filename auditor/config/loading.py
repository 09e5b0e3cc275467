"""From auditor.toml to settings. Every error is one line: the file, the key and the remedy."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from auditor.config.document import Document, KeyPath, read_document
from auditor.config.error_lines import error_lines
from auditor.config.places import is_local_path
from auditor.config.rule_settings import all_rules, check_rules, rule_errors
from auditor.config.secrets import SecretSource
from auditor.config.settings import Settings
from auditor.config.values import SecretSources
from auditor.errors import ConfigError, first_lines, gather_errors


def load_settings(path: Path, environ: Mapping[str, str]) -> Settings:
    """Read and check the configuration file, and the files that it includes.

    ``environ`` is where the variables named by ``…_env`` are read from. Secrets are read when they
    are used, not here. Raises one :class:`~auditor.errors.ConfigError` with a line for each error.
    """
    return _validated(read_document(path), environ)


def check_file(path: Path, environ: Mapping[str, str], *, secrets: bool) -> Settings:
    """Check keys, values, the tables of rules, and the ``secrets``, in one run.

    Raises one :class:`~auditor.errors.ConfigError` with a line for each error.
    """
    document = read_document(path)
    # Filled by the first check if the file is valid. If not, the other checks use the bare
    # document.
    settings: list[Settings] = []

    def check_all_rules() -> None:
        if settings:
            check_rules(settings[0], settings[0].targets)
        else:
            _check_rules(document)

    def check_secrets() -> None:
        if settings:
            settings[0].check_secrets()
        else:
            gather_errors(source.read for source in _sources(document, environ))

    gather_errors(
        [
            lambda: settings.append(_validated(document, environ)),
            check_all_rules,
            *([check_secrets] if secrets else []),
        ]
    )
    return settings[0]


def _validated(document: Document, environ: Mapping[str, str]) -> Settings:
    sources = SecretSources(path=document.path, environ=environ)
    try:
        settings = Settings.model_validate(document.tables, context=sources)
    except ValidationError as error:
        lines = error_lines(document, Settings, error.errors(include_url=False))
        # "from None": pydantic keeps every input, and an input can be a secret.
        raise ConfigError(*lines) from None
    settings.locate(sources, document, ())
    return settings


def _check_rules(document: Document) -> None:
    folder = document.path.absolute().parent
    paths = document.tables.get("rule_paths", [])
    texts = [each for each in paths if isinstance(each, str)] if isinstance(paths, list) else []
    texts = [each for each in texts if is_local_path(each)]
    rules = all_rules([folder / each for each in texts], where=document.key(("rule_paths",)))
    if lines := first_lines(rule_errors(document, rules)):
        raise ConfigError(*lines)


def _sources(document: Document, environ: Mapping[str, str]) -> Iterator[SecretSource]:
    """Yield the sources of secrets in a document that is not valid, as far as they are known."""
    folder = document.path.absolute().parent
    for path, value in _texts_in(document.tables, ()):
        name = str(path[-1])
        # A rule is free in its keys: one that ends in _env need not name a secret.
        if "rules" in path:
            continue
        if name.endswith("_env") and value.isidentifier():
            yield SecretSource(key=document.key(path), origin=value, environ=environ)
        elif name.endswith("_file") and is_local_path(value):
            yield SecretSource(key=document.key(path), origin=folder / value, environ=environ)


def _texts_in(value: Any, path: KeyPath) -> Iterator[tuple[KeyPath, str]]:  # noqa: ANN401
    if isinstance(value, dict):
        for key, below in value.items():
            yield from _texts_in(below, (*path, key))
    elif isinstance(value, list):
        for number, below in enumerate(value):
            yield from _texts_in(below, (*path, number))
    elif isinstance(value, str):
        yield path, value
