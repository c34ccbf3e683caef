"""SQL of the models of a loss (T12): one a month at most, fitted to a sample of the customers; what each sweep used."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from services.tiering_svc.core.repository.merged import is_absorbed
from services.tiering_svc.monitoring.domain.likelihood.model import LikelihoodModel
from services.tiering_svc.monitoring.domain.likelihood.prior import PRIOR
from services.tiering_svc.monitoring.domain.likelihood.reliability import Reliability
from services.tiering_svc.monitoring.domain.likelihood.value import ChoiceReason, ModelSource
from services.tiering_svc.monitoring.tables.warnings import likelihood_model
from shared.customers import list_members
from shared.errors import not_found
from shared.messaging import Transaction
from shared.sql import insert_many

LIKELIHOOD_MODEL = "likelihood_model"  # the kind of job

NAMES = ("model_id", "as_of", "fitted_at", "source", "because", "samples", "losses", "document")
SELECT = f"select {', '.join(NAMES)} from likelihood_model"


@dataclass(frozen=True, slots=True)
class LikelihoodModelVersion:
    """A model as it was fitted when a month began: by outcomes until then only."""

    model_id: UUID  # the job's
    as_of: datetime
    fitted_at: datetime
    source: ModelSource
    because: ChoiceReason
    samples: int
    losses: int
    document: Mapping[str, Any]

    @property
    def model(self) -> LikelihoodModel | None:
        """None of one that was fitted to other features than there are today."""
        return LikelihoodModel.from_data(self.document["model"])

    @property
    def reliability(self) -> Reliability:
        """What the model proved to be worth on customers that it was not fitted to."""
        return Reliability.from_data(self.document["reliability"])


async def add_model(tx: Transaction, version: LikelihoodModelVersion) -> None:
    """A version that is never changed afterwards; one of the same instant takes its place."""
    await insert_many(tx, likelihood_model, [version])


async def read_model(tx: Transaction, model_id: UUID) -> LikelihoodModelVersion:
    """A version; 404 `likelihood_model_not_found`."""
    row = await tx.raw.fetchrow(f"{SELECT} where model_id = $1", model_id)
    if row is None:
        raise not_found("likelihood_model_not_found", "There is no such model.")
    return LikelihoodModelVersion(**row)


async def list_models(tx: Transaction, before: UUID | None, limit: int) -> list[LikelihoodModelVersion]:
    """All versions, newest first: their ids are ordered by time."""
    rows = await tx.raw.fetch(
        f"{SELECT} where $1::uuid is null or model_id < $1 order by model_id desc limit $2", before, limit
    )
    return [LikelihoodModelVersion(**row) for row in rows]


async def find_model(tx: Transaction, as_of: datetime) -> LikelihoodModelVersion | None:
    """The newest version that was fitted by outcomes until an instant; None before the first."""
    row = await tx.raw.fetchrow(f"{SELECT} where as_of <= $1 order by as_of desc, model_id desc limit 1", as_of)
    return None if row is None else LikelihoodModelVersion(**row)


async def load_likelihood_model(tx: Transaction, model_id: UUID | None) -> LikelihoodModel:
    """The model of a version; the one that Patron comes with for None, and for one of other features than today's."""
    if model_id is None:
        return PRIOR
    return (await read_model(tx, model_id)).model or PRIOR


async def is_model_due(tx: Transaction, as_of: datetime) -> bool:
    """Whether no model has been fitted when this month began, or only one that found too few losses."""
    due: bool = await tx.raw.fetchval(
        "select not exists (select from likelihood_model where as_of >= $1 and because <> 'too_few_losses')", as_of
    )
    return due


async def sample_customers(tx: Transaction, most: int) -> list[UUID]:
    """At most about so many customers, in key order: which of them depends on their ids alone; of who are one (P12)
    only the root."""
    customers: int = await tx.raw.fetchval("select count(*) from standing")
    rows = await tx.raw.fetch(
        f"""select customer_id from standing
            where abs(hashtext(customer_id::text)::bigint) % $1 = 0 and not {is_absorbed("customer_id")}
            order by customer_id""",
        -(-customers // most) or 1,
    )
    return [row["customer_id"] for row in rows]


async def find_first_month(tx: Transaction, customers: Sequence[UUID]) -> date | None:
    """The first month in which any of these customers ordered, or any that is one with it (P12)."""
    members = {member for of_all in (await list_members(tx, customers)).values() for member in of_all}
    first: date | None = await tx.raw.fetchval(
        "select min(month) from indicator_month where customer_id = any($1::uuid[]) and orders > 0", sorted(members)
    )
    return first
