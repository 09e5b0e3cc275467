"""How Alembic runs here: inside the transaction that the auditor began."""

from typing import Any, Literal

from alembic import context
from sqlalchemy import DateTime, TypeDecorator

from auditor.store.tables import TableRow


def render(kind: str, item: object, _: object) -> str | Literal[False]:
    """Write plain types into new migrations: ours may change, what was migrated may not."""
    if kind != "type" or not isinstance(item, TypeDecorator):
        return False
    plain: Any = item.impl
    return "sa.DateTime(timezone=True)" if isinstance(plain, DateTime) else f"sa.{plain!r}"


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=TableRow.metadata,
    render_as_batch=True,  # SQLite alters a table by making it anew
    render_item=render,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
