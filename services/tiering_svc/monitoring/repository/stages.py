"""SQL of stages and relationship types (T11): as the last sweep found them, and the tiers they follow from."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from services.tiering_svc.core.repository.merged import is_absorbed
from services.tiering_svc.monitoring.domain.relationship import TierSizes
from services.tiering_svc.monitoring.domain.stage_changes import FoundStage, KeptStage
from services.tiering_svc.monitoring.repository.customer_context import Conditions, context_of
from services.tiering_svc.monitoring.tables.stages import customer_stage
from shared.chassis import DataScope
from shared.messaging import Transaction
from shared.sql import Upsert, insert_columns

THEN = "superseded_at is null and effective @> $1::timestamptz"


async def count_tiers(tx: Transaction, as_of: datetime) -> TierSizes:
    """How many customers were in each tier at an instant."""
    rows = await tx.raw.fetch(
        f"""select tier, count(*)::int from tier_history h where {THEN} and not {is_absorbed("h.customer_id")}
            group by tier""",
        as_of,
    )
    sizes = {row[0]: row[1] for row in rows}
    return TierSizes(sizes, sum(sizes.values()))


async def list_tiers(tx: Transaction, customers: Sequence[UUID], as_of: datetime) -> Mapping[UUID, str]:
    """In which tier each of these customers was at an instant; who had none is left out."""
    rows = await tx.raw.fetch(
        f"select customer_id, tier from tier_history where {THEN} and customer_id = any($2::uuid[])", as_of, customers
    )
    return {row[0]: row[1] for row in rows}


ONLY_CHANGES = Upsert(
    replace=("stage", "relationship", "run_id"),
    expressions={
        "since": "case when customer_stage.stage = excluded.stage then customer_stage.since else excluded.since end"
    },
    where="(customer_stage.stage, customer_stage.relationship) is distinct from "
    "(excluded.stage, excluded.relationship)",
)


async def load_stages(tx: Transaction, customers: Sequence[UUID]) -> dict[UUID, KeptStage]:
    """What the last sweep left of these customers; who had none is left out. Only a sweep writes them, and sweeps are
    one job after the other."""
    rows = await tx.raw.fetch(
        "select customer_id, stage, relationship, since from customer_stage where customer_id = any($1::uuid[])",
        customers,
    )
    return {row[0]: KeptStage(*row[1:]) for row in rows}


async def save_stages(tx: Transaction, run_id: UUID, as_of: datetime, stages: Mapping[UUID, FoundStage]) -> None:
    """The stage and relationship type of each customer; only changes are written."""
    columns: dict[str, Sequence[Any]] = {
        "customer_id": list(stages),
        "stage": [stage.stage for stage in stages.values()],
        "relationship": [stage.relationship for stage in stages.values()],
    }
    shared = {"since": as_of, "run_id": run_id}
    await insert_columns(tx, customer_stage, columns, shared=shared, on_conflict=ONLY_CHANGES)


@dataclass(frozen=True, slots=True)
class StageFilter:
    """Which customers are listed; None: whatever it is. `responsible`: whose they are, by the managers' codes."""

    ids: Sequence[UUID] | None = None
    stage: str | None = None
    relationship: str | None = None
    tier: str | None = None
    region: str | None = None
    responsible: Collection[str] | None = None
    scope: DataScope | None = None


class StagedCustomer(NamedTuple):
    """A customer as the last sweep found it, with its account manager, tier and region of now."""

    customer_id: UUID
    stage: str
    relationship: str | None
    since: datetime
    manager: str | None
    tier: str | None
    region: str | None


async def list_stages(tx: Transaction, wanted: StageFilter, after: UUID | None, limit: int) -> list[StagedCustomer]:
    """Customers that fit, in the order of their ids, after the given one."""
    query = Conditions(tx.at)
    query.require("c.customer_id = any({}::uuid[])", wanted.ids)
    query.require("c.stage = {}", wanted.stage)
    query.require("c.relationship = {}", wanted.relationship)
    query.require("s.tier = {}", wanted.tier)
    query.require("f.region = {}", wanted.region)
    query.require(
        "team.employee_id = any({}::text[])", None if wanted.responsible is None else sorted(wanted.responsible)
    )
    query.require("c.customer_id > {}::uuid", after)
    query.hold_to(wanted.scope, "c.customer_id")
    rows = await tx.raw.fetch(
        f"""select c.customer_id, c.stage, c.relationship, c.since, team.employee_id, s.tier, f.region
            from customer_stage c {context_of("c.customer_id")} where {query.where}
              and not {is_absorbed("c.customer_id")}
            order by c.customer_id limit {query.add(limit)}""",
        *query.parameters,
    )
    return [StagedCustomer(*row) for row in rows]


async def find_stage_since(tx: Transaction, customer_id: UUID) -> tuple[str, datetime] | None:
    """The stage that the last sweep found, and since which day."""
    row = await tx.raw.fetchrow("select stage, since from customer_stage where customer_id = $1", customer_id)
    return None if row is None else (row["stage"], row["since"])
