"""Simulations (T9): a policy tried on today's customers. The same run as a review's, only that nothing is applied."""

from datetime import datetime
from uuid import UUID

from services.tiering_svc.policies import repository as policies
from services.tiering_svc.policies.domain.policy import Policy
from services.tiering_svc.reviews.domain.simulation import BenefitCosts
from services.tiering_svc.reviews.repository import evaluations, simulations
from services.tiering_svc.reviews.repository.evaluations import SIMULATION, EvaluationRun
from shared.errors import invalid
from shared.jobs import cancel_job, request_job
from shared.messaging import Transaction


async def request_simulation(
    tx: Transaction, policy_id: UUID, version: int | None, as_of: datetime, *, by: str,
    known_at: datetime | None = None, costs: BenefitCosts | None = None,
) -> EvaluationRun:  # fmt: skip
    """A simulation of a version of a policy, the newest if none is named. `costs`: what a year in a tier costs; a tier
    that neither the policy nor the one in force has is refused with 422 `unknown_tier`."""
    policy = await (
        policies.load_newest(tx, policy_id) if version is None else policies.load_policy(tx, policy_id, version)
    )
    if costs is not None:
        await refuse_unknown_tiers(tx, policy, costs)
    job = await request_job(tx, SIMULATION, by=by)
    await evaluations.add_run(
        tx, job, as_of, policy, known_at=known_at, simulated_because="not_asked_to_apply", policy_requested=True,
        costs=None if costs is None else costs.as_data(),
    )  # fmt: skip
    return await evaluations.load_run(tx, job.id)


async def refuse_unknown_tiers(tx: Transaction, policy: Policy, costs: BenefitCosts) -> None:
    """422 `unknown_tier` for costs of a tier that neither this policy nor the one in force has."""
    in_force = (await policies.load_rules(tx)).active
    known_tiers = {level.code for level in (*policy.levels, *in_force.levels)}
    for name, by_tier in (("per_customer_year", costs.per_customer_year), ("multipliers", costs.multipliers or {})):
        for tier in by_tier:
            if tier not in known_tiers:
                raise invalid("unknown_tier", "Neither policy has such a level.", pointer=f"/costs/{name}/{tier}")


async def cancel_simulation(tx: Transaction, policy_id: UUID, run_id: UUID, by: str) -> EvaluationRun:
    """What has been decided so far stays to be read."""
    simulations.of_policy(await evaluations.load_run(tx, run_id), policy_id)
    await cancel_job(tx, run_id, by=by)
    return await evaluations.load_run(tx, run_id)
