"""SQL of which sources know a customer, and so which partner may see it."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, exists

from services.profile_svc.core.domain import Reader
from services.profile_svc.references.tables import customer_source
from shared.messaging import Transaction


def visible_to(query: Select[Any], customer_id: ColumnElement[UUID], reader: Reader) -> Select[Any]:
    """The query, held to customers that the reader may see (G1): of a partner those its source has a reference of."""
    if reader.source is None:
        return query
    return query.where(
        exists().where(customer_source.c.customer_id == customer_id, customer_source.c.source == reader.source)
    )


async def add_sources(tx: Transaction, sources: Collection[tuple[UUID, str]]) -> None:
    """Keep pairs of a customer and a source that has a reference of it; those that are known change nothing."""
    ordered = sorted(set(sources))
    if ordered:
        await tx.raw.execute(
            """insert into customer_source (customer_id, source, recorded_at)
               select customer_id, source, $3 from unnest($1::uuid[], $2::text[]) as a(customer_id, source)
               on conflict do nothing""",
            [customer_id for customer_id, _ in ordered], [source for _, source in ordered], tx.at,
        )  # fmt: skip
