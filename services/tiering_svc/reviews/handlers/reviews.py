"""Reviews (T10): requested by people, as of a date; why one may only show what would be."""

from datetime import datetime
from uuid import UUID

from services.tiering_svc.policies import repository as policies
from services.tiering_svc.reviews.repository import evaluations
from services.tiering_svc.reviews.repository.evaluations import REVIEW, EvaluationRun
from shared.jobs import request_job
from shared.messaging import Transaction


async def request_review(
    tx: Transaction, as_of: datetime, *, apply: bool, by: str, known_at: datetime | None = None,
    policy: tuple[UUID, int] | None = None,
) -> EvaluationRun:  # fmt: skip
    """A review as of a date, by the policy in force when it begins or by the version named (`policy`). Reviews are done
    in the order of their requests. `apply` false: it only shows what would be."""
    decides_by = (await policies.load_rules(tx)).active if policy is None else await policies.load_policy(tx, *policy)
    because: str | None = "not_asked_to_apply"
    if apply:
        because = await why_only_simulated(tx, as_of, decides_by.policy_id, decides_by.version)
    job = await request_job(tx, REVIEW, by=by)
    await evaluations.add_run(
        tx, job, as_of, decides_by, known_at=known_at, simulated_because=because, policy_requested=policy is not None
    )
    return await evaluations.load_run(tx, job.id)


async def why_only_simulated(tx: Transaction, as_of: datetime, policy_id: UUID, version: int) -> str | None:
    """Why a run only shows what would be: history is closed, or the policy is not in force."""
    active = (await policies.load_rules(tx)).active
    if (active.policy_id, active.version) != (policy_id, version):
        return "policy_not_in_force"
    last = await evaluations.find_last_applied(tx)
    return "before_the_last_review" if last is not None and as_of < last else None
