"""All stored transitions and verdicts of a target. The product reads only what its outputs need."""

from typing import TYPE_CHECKING, Any

from sqlalchemy import Row, select

from auditor.store.tables import TARGET, TRANSITION, VERDICT

if TYPE_CHECKING:
    from auditor.store.store import Store


def stored_transitions(store: "Store", target: str) -> list[Row[Any]]:
    """Return the rows, oldest first, without their ids."""
    return _rows(store, TRANSITION, target, TRANSITION.c.id)


def stored_verdicts(store: "Store", target: str) -> list[Row[Any]]:
    """Return the rows by rule and time, without their ids."""
    return _rows(store, VERDICT, target, VERDICT.c.rule, VERDICT.c.id)


def _rows(store: "Store", table: Any, target: str, *order: Any) -> list[Row[Any]]:
    columns = [each for each in table.c if each.name != "id"]
    query = select(*columns).join(TARGET, TARGET.c.id == table.c.target_id)
    with store.history.database.reading() as connection:
        return list(connection.execute(query.where(TARGET.c.name == target).order_by(*order)))
