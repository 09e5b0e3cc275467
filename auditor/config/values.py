"""The base class and the types that the tables of auditor.toml share."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, Self, cast, get_args, get_origin

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ModelWrapValidatorHandler,
    PlainValidator,
    PrivateAttr,
    Strict,
    StringConstraints,
    ValidationError,
    ValidationInfo,
    WithJsonSchema,
    model_validator,
)
from pydantic_core import ErrorDetails, InitErrorDetails

from auditor.config.document import Document, KeyPath
from auditor.config.places import local_path, report_place
from auditor.config.rejected import RejectedError
from auditor.config.secrets import SecretSource
from auditor.domain.target import TARGET_NAME_PATTERN
from auditor.text import DURATION_EXAMPLES, parse_duration

HEADER_PLACEHOLDER = "{header}"
"""Stands for the header of a table, in the remedy of an error."""

FROM_ENV = "Name of the environment variable that contains it."
FROM_FILE = "File that contains it. A relative path starts at the folder of auditor.toml."


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretSources:
    """The configuration file and its environment; also the validation context."""

    path: Path
    """The configuration file, as it was named."""

    environ: Mapping[str, str] = field(repr=False)

    @property
    def folder(self) -> Path:
        """Return the folder of the configuration file, where relative paths start."""
        return self.path.absolute().parent


class Table(BaseModel):
    """Base of every table in auditor.toml: immutable, and an unknown key is an error.

    Subclasses override :meth:`conflicts` to check keys against each other. Those checks also run
    when a single value is wrong, so that one run reports all errors.
    """

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        # A default path is relative too: the validator resolves it.
        validate_default=True,
        # An input can be a secret.
        hide_input_in_errors=True,
        arbitrary_types_allowed=True,
        ignored_types=(property,),
    )

    secrets: ClassVar[Mapping[str, bool]] = {}
    """Each ``NAME`` with the keys ``NAME_env`` and ``NAME_file``, and whether one is required."""

    _sources: SecretSources = PrivateAttr()
    _document: Document = PrivateAttr()
    _path: KeyPath = PrivateAttr(default=())

    def locate(self, sources: SecretSources, document: Document, path: KeyPath) -> None:
        """Set the place of this table, and of all below it, for messages about secrets."""
        self._sources, self._document, self._path = sources, document, path
        for name, known in type(self).model_fields.items():
            value, below = getattr(self, name), (*path, known.alias or name)
            if isinstance(value, Table):
                value.locate(sources, document, below)
            elif isinstance(value, tuple):
                for number, item in enumerate(value):
                    if isinstance(item, Table):
                        item.locate(sources, document, (*below, number))

    def place(self, *keys: str) -> str:
        """Return the place of this table, or of a key in it: ``auditor.toml: store.url``."""
        return self._document.key((*self._path, *keys))

    def source(self, name: str) -> SecretSource | None:
        """Return the variable or the file of the secret ``name``; ``None``: neither is set."""
        for kind in ("env", "file"):
            if origin := getattr(self, f"{name}_{kind}"):
                place = self.place(f"{name}_{kind}")
                return SecretSource(key=place, origin=origin, environ=self._sources.environ)
        return None

    def required_source(self, name: str) -> SecretSource:
        """Return the same, for a secret that the table requires."""
        # `conflicts` refuses a table that lacks it.
        return cast("SecretSource", self.source(name))

    def secret_sources(self) -> Iterator[SecretSource]:
        """Yield the source of each secret that this table, or one below it, names."""
        yield from filter(None, map(self.source, self.secrets))
        for name in type(self).model_fields:
            value = getattr(self, name)
            for item in value if isinstance(value, tuple) else (value,):
                if isinstance(item, Table):
                    yield from item.secret_sources()

    @classmethod
    def conflicts(cls, keys: Mapping[str, Any]) -> Iterator[InitErrorDetails]:
        """Yield the errors of keys that do not fit together.

        ``keys`` is the table as it is in the file. Its values can have any type.
        """
        for name, is_required in cls.secrets.items():
            kinds = [kind for kind in (f"{name}_env", f"{name}_file") if kind in keys]
            if len(kinds) > 1:
                yield problem(f"{name}_env and {name}_file are both set", "keep one of them")
            elif not kinds and is_required and name not in keys:
                yield problem(f"no {name}", f"set {name}_env or {name}_file")

    @model_validator(mode="wrap")
    @classmethod
    def _report_all(cls, table: Any, handler: ModelWrapValidatorHandler[Self]) -> Self:  # noqa: ANN401
        if not isinstance(table, Mapping):
            return handler(table)
        keys = dict(table)
        errors = [*_replace_lists_and_tables(cls, keys), *cls.conflicts(keys)]
        try:
            checked = handler(keys)
        except ValidationError as error:
            details = error.errors(include_url=False)
            raise ValidationError.from_exception_data(
                cls.__name__, [*map(_repeated, details), *errors]
            ) from None
        if errors:
            raise ValidationError.from_exception_data(cls.__name__, errors)
        return checked


def key(default: Any, description: str, **more: Any) -> Any:  # noqa: ANN401  (as pydantic's Field)
    """Declare a key with its default, as it is written in TOML; ``...``: the key is required."""
    return Field(default, description=description, validate_default=True, **more)


def problem(what: str, remedy: str, *, at: KeyPath = (), other: KeyPath = ()) -> InitErrorDetails:
    """Build an error of :meth:`Table.conflicts`; ``at`` is the path of the key in the table.

    ``other`` is the path, in the file, of another value that the error is about.
    """
    error = RejectedError(what, remedy, other=other)
    return InitErrorDetails(type="value_error", loc=at, input=None, ctx={"error": error})


def table_in(annotation: Any) -> type[Table] | None:  # noqa: ANN401  (any type)
    """Return the table inside a type such as ``tuple[TargetSettings, ...]`` or ``Table | None``."""
    if get_origin(annotation) is None:
        is_table = isinstance(annotation, type) and issubclass(annotation, Table)
        return annotation if is_table else None
    return next(filter(None, map(table_in, get_args(annotation))), None)


def is_list(annotation: Any) -> bool:  # noqa: ANN401  (any type)
    """Return whether a type is a list of values: ``tuple[…, ...]``."""
    return get_origin(annotation) is tuple


def _replace_lists_and_tables(
    model: type[Table], keys: dict[str, Any]
) -> Iterator[InitErrorDetails]:
    """Put one table for a list of tables, and the reverse, so that their keys are checked too."""
    for field_name, known in model.model_fields.items():
        name = known.alias or field_name
        if name not in keys or table_in(known.annotation) is None:
            continue
        value = keys[name]
        if is_list(known.annotation) and isinstance(value, Mapping):
            keys[name] = [value]
            yield problem("is a list of tables", f"write [[{HEADER_PLACEHOLDER}]]", at=(name,))
        elif not is_list(known.annotation) and isinstance(value, list):
            keys[name] = next((each for each in value if isinstance(each, Mapping)), {})
            yield problem("is one table, not a list", f"write [{HEADER_PLACEHOLDER}]", at=(name,))


def _repeated(detail: ErrorDetails) -> InitErrorDetails:
    """Return an error of pydantic in the form in which it can be raised again."""
    return InitErrorDetails(
        type=detail["type"],
        loc=detail["loc"],
        input=detail["input"],
        ctx=detail.get("ctx", {}),
    )


def _parse_duration(value: object) -> timedelta:
    if isinstance(value, timedelta):
        return value
    duration = parse_duration(value) if isinstance(value, str) else None
    if duration is None:
        what = f"{quoted(value)} is not a duration"
        raise RejectedError(what, f"write one like {DURATION_EXAMPLES}")
    return duration


def _parse_date(value: object) -> date:
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    try:
        return date.fromisoformat(cast("str", value))
    except (TypeError, ValueError):
        what = "expected a date"
        raise RejectedError(what, "write it without quotes: 2027-01-31") from None


def quoted(value: object) -> str:
    """Return a short value as TOML has it, for a message; a long or odd one as ``the value``."""
    if isinstance(value, str):
        return (
            f'"{value}"' if len(value) <= MAX_QUOTED_LENGTH and value.isprintable() else "the value"
        )
    if isinstance(value, bool):
        return str(value).lower()
    is_short = isinstance(value, int | float) and abs(value) < 10**MAX_DURATION_DIGITS
    return str(value) if is_short else "the value"


MAX_QUOTED_LENGTH = 64
MAX_DURATION_DIGITS = 12
"""Longer text, and a number with more digits, is not quoted in a message."""


def sources_of(info: ValidationInfo) -> SecretSources:
    """Return the validation context, which :func:`auditor.config.loading.load_settings` sets."""
    return cast("SecretSources", info.context)


def _rooted(file: object, info: ValidationInfo) -> object:
    if not isinstance(file, str):
        return file
    return sources_of(info).folder / local_path(file)


def _rooted_or_url(place: str, info: ValidationInfo) -> str:
    return report_place(place, sources_of(info).folder)


def _strings(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(values))


_TEXT_SCHEMA = WithJsonSchema({"type": "string"})

Text = Annotated[str, Field(min_length=1)]
Flag = Annotated[bool, Strict()]
PositiveCount = Annotated[int, Strict(), Field(ge=1)]
SeverityName = Literal["low", "medium", "high", "critical"]
VariableName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")]
TargetName = Annotated[str, StringConstraints(pattern=TARGET_NAME_PATTERN)]
RootedPath = Annotated[Path, BeforeValidator(_rooted, json_schema_input_type=str), _TEXT_SCHEMA]
"""A file; a relative path starts at the folder of the configuration file."""

Place = Annotated[str, AfterValidator(_rooted_or_url)]
"""A directory as an absolute path, or an object-store URL (``s3://…``) unchanged."""

Duration = Annotated[timedelta, PlainValidator(_parse_duration), _TEXT_SCHEMA]
Day = Annotated[
    date, PlainValidator(_parse_date), WithJsonSchema({"type": "string", "format": "date"})
]
Distinct = AfterValidator(_strings)
"""Removes repetitions from a list and keeps its order."""

RuleTables = Annotated[
    dict[str, dict[str, Any]],
    Field(
        description="Per rule id: enabled (true or false), severity (low, medium, high, critical),"
        " and the parameters of the rule. `auditor rules ID` lists them."
    ),
]
