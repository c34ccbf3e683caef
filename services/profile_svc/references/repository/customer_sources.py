"""SQL of which sources know a customer, and so which partner may see it."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, exists

from services.profile_svc.references.tables import customer_source
from shared.chassis import DataScope
from shared.erasure import erased_customer
from shared.messaging import Transaction
from shared.sql import insert_many


def visible_to(query: Select[Any], customer_id: ColumnElement[UUID], scope: DataScope) -> Select[Any]:
    """The query, held to the customers of a scope (G1). One whose personal data was erased (P13) nobody sees."""
    query = not_erased(query, customer_id)
    return query.where(scope.clause(str(customer_id))) if scope.is_limited else query


def not_erased(query: Select[Any], customer_id: ColumnElement[UUID]) -> Select[Any]:
    """The query, held to customers whose personal data was not erased (P13)."""
    erased = exists().where(erased_customer.c.customer_id == customer_id, erased_customer.c.person_id.is_(None))
    return query.where(~erased)


async def add_sources(tx: Transaction, sources: Collection[tuple[UUID, str]]) -> None:
    """Keep pairs of a customer and a source that has a reference of it; those that are known change nothing."""
    rows = [{"customer_id": customer_id, "source": source} for customer_id, source in set(sources)]
    await insert_many(tx, customer_source, rows, shared={"recorded_at": tx.at}, on_conflict="nothing")


async def drop_sources(tx: Transaction, sources: Collection[tuple[UUID, str]]) -> None:
    """Delete pairs of a customer and a source that has no reference of it any more."""
    await tx.raw.execute(
        """delete from customer_source s using unnest($1::uuid[], $2::text[]) as gone (customer_id, source)
           where s.customer_id = gone.customer_id and s.source = gone.source""",
        [customer_id for customer_id, _ in sources],
        [source for _, source in sources],
    )
