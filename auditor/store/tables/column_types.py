"""The base of all row classes, and the column types that they share.

SQLModel declares the tables, and does nothing else. Each row class is the only declaration of its
table: Core statements and migrations use ``TableRow.metadata``. So pydantic builds no validators of
the row classes, and SQLAlchemy does not map them: that would be half of the cost to declare them.

Every read and write is a SQLAlchemy Core statement, for three reasons:

- The records of the core are frozen msgspec structs. They must not depend on the database.
- An audit writes up to 100,000 rows: 1.4 s by Core ``insert()``, 13 s by ``Session.add_all``.
- The identity map of a session would be a second copy of rows that another process may change.
"""

from collections.abc import Callable
from datetime import datetime
from functools import lru_cache
from typing import Any, ClassVar

from sqlalchemy import JSON, Dialect, MetaData, Text, TypeDecorator
from sqlalchemy.ext.declarative import DeferredReflection
from sqlmodel import Field, SQLModel
from sqlmodel.sql.sqltypes import UTCDateTime


class ExternalText(TypeDecorator[str]):
    """Text from Okta or Unleash. PostgreSQL rejects NUL, so NUL is replaced on both databases."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Replace each NUL by U+FFFD, the replacement character."""
        del dialect
        return value.replace("\0", "\ufffd") if value is not None else None


class SharedTime(UTCDateTime):
    """A time that many rows share. Reading converts equal values once, to one object."""

    cache_ok = True

    def result_processor(
        self, dialect: Dialect, coltype: object
    ) -> Callable[[Any], datetime | None] | None:
        """Return the conversion of a value of the database, with a cache."""
        convert = super().result_processor(dialect, coltype)
        return lru_cache(maxsize=1024)(convert) if convert else None


class TableRow(DeferredReflection, SQLModel):
    """The base of all row classes. Constraints get names, so that migrations can refer to them.

    ``DeferredReflection`` leaves the mapping to its method ``prepare``, which is never called.
    """

    model_config = {"defer_build": True}
    metadata: ClassVar[MetaData] = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


# SQLModel's Field also returns Any: the annotation of the attribute decides its type.
def external_text(*, nullable: bool = False) -> Any:  # noqa: ANN401
    """Declare a column for text from Okta or Unleash."""
    return Field(sa_type=ExternalText, nullable=nullable)


def shared_time(*, nullable: bool = False) -> Any:  # noqa: ANN401
    """Declare a column for a time that many rows share."""
    return Field(sa_type=SharedTime, nullable=nullable)


def json_column(*, nullable: bool = False) -> Any:  # noqa: ANN401
    """Declare a JSON column. ``None`` is stored as SQL NULL, not as JSON ``null``."""
    return Field(sa_type=JSON(none_as_null=True), nullable=nullable)


def target_reference(*, primary_key: bool = False) -> Any:  # noqa: ANN401
    """Declare the id of the target that a row belongs to. Deleting the target deletes the row."""
    return Field(foreign_key="target.id", ondelete="CASCADE", primary_key=primary_key)
