"""Simulations (T9): a policy tried on today's customers; who would move, what they bring, what it costs."""

from collections.abc import Sequence
from typing import Annotated, Literal
from uuid import UUID

from fastapi import Query

from services.tiering_svc.core.dependencies import instant_or_now
from services.tiering_svc.core.domain.numbers import ZERO
from services.tiering_svc.core.schemas.shapes import PolicyReference
from services.tiering_svc.policies import repository as policies
from services.tiering_svc.policies.domain.policy import Policy
from services.tiering_svc.reviews.domain.phase import Phase
from services.tiering_svc.reviews.domain.simulation import NOWHERE, BenefitCosts, SimulationCell, levels_of
from services.tiering_svc.reviews.handlers import simulations as handlers
from services.tiering_svc.reviews.repository import evaluations, simulations
from services.tiering_svc.reviews.repository.evaluations import EvaluationRun
from services.tiering_svc.reviews.schemas.evaluations import PopulationRead
from services.tiering_svc.reviews.schemas.simulations import (
    BenefitCostsRead,
    CellRead,
    CostsWrite,
    SideRead,
    SimulatedLevelRead,
    SimulatedMoverRead,
    SimulationCreate,
    SimulationRead,
    SimulationResultRead,
)
from shared.chassis import (
    Actor,
    Code,
    CurrentActor,
    Cursor,
    Id,
    Limit,
    Page,
    Tx,
    allow,
    data_scope,
    page_of,
    read_cursor,
    service_router,
    staff_only,
)
from shared.chassis.audience import may_read
from shared.jobs.http import job_fields
from shared.messaging import Transaction

ExcludedFilter = Annotated[bool | None, Query(description="only movers that are excluded, or only the others")]
router = service_router(
    prefix="/v1/tier-policies/{policy_id}/simulations", tags=["simulations"], dependencies=[staff_only]
)

SimulationOutcomeFilter = Annotated[Literal["placed", "up", "down", "grace"] | None, Query()]
SimulatedTierFilter = Annotated[Code | None, Query()]
NOBODY = SimulationCell(NOWHERE, NOWHERE, 0, ZERO, None, ZERO)


@router.post("", status_code=202, dependencies=[allow("evaluations:run", "policies:write")])
async def start_simulation(
    policy_id: Id, tx: Tx, actor: CurrentActor, body: SimulationCreate | None = None
) -> SimulationRead:
    """Try a policy on today's customers, without effect.

    The simulation waits until everything that was accepted by `known_at` is counted, then decides all customers. A
    later review with the same `as_of` and `known_at` by this version lists exactly the same movers.
    """
    body = body or SimulationCreate()
    as_of = instant_or_now(body.as_of, tx, "/as_of")
    known_at = None if body.known_at is None else instant_or_now(body.known_at, tx, "/known_at")
    run = await handlers.request_simulation(
        tx, policy_id, body.version, as_of, by=actor.subject, known_at=known_at, costs=costs_of(body.costs)
    )
    return await _run(tx, run)


@router.get("", dependencies=[allow("tiers:read")])
async def list_simulations(policy_id: Id, tx: Tx, cursor: Cursor = None, limit: Limit = 50) -> Page[SimulationRead]:
    """The simulations of a policy, newest first."""
    await policies.load_newest(tx, policy_id)  # there is such a policy
    after = read_cursor(cursor, UUID)
    run_ids = await simulations.list_runs_of(tx, policy_id, after[0] if after else None, limit + 1)
    runs = [await _run(tx, await evaluations.load_run(tx, run_id)) for run_id in run_ids]
    return page_of(runs, limit, lambda run: (run.id,))


@router.get("/{run_id}", dependencies=[allow("tiers:read")])
async def show_simulation(policy_id: Id, run_id: Id, tx: Tx, actor: CurrentActor) -> SimulationResultRead:
    """How far a simulation is, and who would move; while it runs, of those decided so far."""
    run = simulations.of_policy(await evaluations.load_run(tx, run_id), policy_id)
    policy = await policies.load_policy(tx, run.policy_id, run.policy_version)
    cells = await simulations.list_cells(tx, run_id)
    costs = None if run.costs is None or not may_read(actor, "cost") else BenefitCosts.from_data(run.costs)
    before, after = levels_of(cells, before=True), levels_of(cells, before=False)
    classed = await simulations.count_classed(tx, run_id)
    return SimulationResultRead(
        **dict(await _run(tx, run)),
        levels=_levels(policy, before, after, costs, actor),
        matrix=[_cell(cell, shows_margin=may_read(actor, "margin")) for cell in cells],
        costs=None if costs is None else _both(costs, policy, before, after),
        key_accounts=classed.get("key", {}),
        excluded=classed.get("excluded", {}),
    )


@router.get("/{run_id}/movers", dependencies=[allow("tiers:read")])
async def list_simulated_movers(
    policy_id: Id, run_id: Id, tx: Tx, actor: CurrentActor, outcome: SimulationOutcomeFilter = None,
    from_tier: SimulatedTierFilter = None, to_tier: SimulatedTierFilter = None,
    key_accounts: Annotated[bool | None, Query()] = None, excluded: ExcludedFilter = None,
    cursor: Cursor = None, limit: Limit = 50,
) -> Page[SimulatedMoverRead]:  # fmt: skip
    """The exact list."""
    simulations.of_policy(await evaluations.load_run(tx, run_id), policy_id)
    after = read_cursor(cursor, UUID)
    movers = await simulations.list_movers(
        tx, run_id, outcome=outcome, from_tier=from_tier, to_tier=to_tier, key_accounts=key_accounts,
        excluded=excluded,
        after=after[0] if after else None, limit=limit + 1, scope=data_scope(tx, actor),
    )  # fmt: skip
    read = [SimulatedMoverRead.model_validate(mover, from_attributes=True) for mover in movers]
    return page_of(read, limit, lambda mover: (mover.customer_id,))


@router.post("/{run_id}/cancellation", dependencies=[allow("evaluations:run", "policies:write")])
async def cancel_simulation(policy_id: Id, run_id: Id, tx: Tx, actor: CurrentActor) -> SimulationRead:
    """Stop a simulation that is waiting or running."""
    return await _run(tx, await handlers.cancel_simulation(tx, policy_id, run_id, actor.subject))


def costs_of(body: CostsWrite | None) -> BenefitCosts | None:
    """The costs that a request gives, if it does."""
    if body is None:
        return None
    return BenefitCosts(body.per_customer_year, body.points_per_unit, body.value_of_a_point, body.multipliers)


async def _run(tx: Transaction, run: EvaluationRun) -> SimulationRead:
    policy = await policies.load_policy(tx, run.policy_id, run.policy_version)
    return SimulationRead(
        **job_fields(run.job),
        policy=PolicyReference(id=policy.policy_id, version=policy.version, name=policy.names), as_of=run.as_of,
        known_at=run.known_at, phase=Phase.of(run.job.cursor).name, outcomes=run.outcomes, cutoffs=run.cutoffs,
        population=None if run.population is None else PopulationRead(**run.population),
    )  # fmt: skip


def _levels(
    policy: Policy,
    before: dict[str, SimulationCell],
    after: dict[str, SimulationCell],
    costs: BenefitCosts | None,
    actor: Actor,
) -> list[SimulatedLevelRead]:
    names = {level.code: level.names for level in policy.levels}
    others: Sequence[str] = sorted((before.keys() | after.keys()) - names.keys())
    tiers = [*(level.code for level in reversed(policy.levels)), *others]
    shows_margin = may_read(actor, "margin")

    def side(levels: dict[str, SimulationCell], tier: str) -> SideRead:
        level = levels.get(tier, NOBODY)
        return SideRead(
            customers=level.customers, revenue=level.revenue, profit=level.profit if shows_margin else None,
            cost=None if costs is None else costs.of_level(level, policy.months),
        )  # fmt: skip

    return [
        SimulatedLevelRead(
            tier=tier or None, name=names.get(tier, {"en": tier, "zh": tier}),
            before=side(before, tier), after=side(after, tier),
        )
        for tier in tiers
    ]  # fmt: skip


def _both(
    costs: BenefitCosts, policy: Policy, before: dict[str, SimulationCell], after: dict[str, SimulationCell]
) -> BenefitCostsRead:
    cost_before, cost_after = (costs.of_all(levels.values(), policy.months) for levels in (before, after))
    return BenefitCostsRead(before=cost_before, after=cost_after, difference=cost_after - cost_before)


def _cell(cell: SimulationCell, *, shows_margin: bool) -> CellRead:
    return CellRead(
        from_tier=cell.from_tier or None, to_tier=cell.to_tier or None, customers=cell.customers,
        revenue=cell.revenue, profit=cell.profit if shows_margin else None,
        profit_known_for=cell.profit_known_for if shows_margin else None,
    )  # fmt: skip
