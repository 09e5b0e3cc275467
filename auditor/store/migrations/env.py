"""Alembic's environment: migrations run inside the transaction that the auditor began."""

from typing import Any, Literal

from alembic import context
from sqlalchemy import DateTime, TypeDecorator

from auditor.store.tables import TableRow


def render(kind: str, item: object, _: object) -> str | Literal[False]:
    """Write plain types into a new migration, because our own types may change later."""
    if kind != "type" or not isinstance(item, TypeDecorator):
        return False
    plain: Any = item.impl
    return "sa.DateTime(timezone=True)" if isinstance(plain, DateTime) else f"sa.{plain!r}"


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=TableRow.metadata,
    render_as_batch=True,  # SQLite cannot alter most columns: the table is copied
    render_item=render,
    # Alembic assumes that SQLite cannot undo the creation of a table. It can, so a migration that
    # fails leaves nothing behind.
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
