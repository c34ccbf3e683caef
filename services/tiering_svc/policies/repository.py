"""Tier policies (T9): rule sets of which one is in force, compiled with the cut-offs of its last applied review."""

import json
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from services.tiering_svc.policies.domain.abc import cutoffs_from_data
from services.tiering_svc.policies.domain.policy import Policy, PolicyKey, Rules
from services.tiering_svc.policies.domain.policy_document import read_policy
from shared import rule_sets
from shared.errors import conflict, not_found
from shared.events import PolicyActivated
from shared.messaging import Transaction, announce, new_id
from shared.rule_sets import RuleSetKind, RuleSetStep, RuleSetVersion, StepRequest

SIMULATED = "simulated"  # in a version's history: by a run that has ended


def _read(version: RuleSetVersion) -> Policy:
    return read_policy(version.document, policy_id=version.id, version=version.version, names=dict(version.name or {}))


async def _must_be_simulated(
    tx: Transaction, version: RuleSetVersion, steps: Sequence[RuleSetStep], settings: Any
) -> None:
    """Refuse the approval of a version that was not simulated on today's customers, where the deployment asks for
    that."""
    needed = settings is not None and settings.policies_need_simulation
    if needed and all(step.step != SIMULATED for step in steps):
        raise conflict("not_simulated", "Here a policy is simulated on today's customers before it is approved.")


async def _announce(tx: Transaction, version: RuleSetVersion, request: StepRequest) -> None:
    announce(tx, [PolicyActivated(policy_id=version.id, version=version.version, activated_at=request.at)])


TIER_POLICIES = RuleSetKind("tier-policies", read=_read, before_approval=_must_be_simulated, after_activation=_announce)


@lru_cache(maxsize=64)
def _graded(policy_id: UUID, version: int, fingerprint: str, run_id: UUID | None, cutoffs: str | None) -> Policy:
    """A policy that has been read, with a review's cut-offs; cached, because every batch asks for the same one."""
    policy = TIER_POLICIES.compiled[policy_id, version, fingerprint]
    if run_id is None or cutoffs is None:
        return policy
    return policy.with_cutoffs(cutoffs_from_data(policy, json.loads(cutoffs)), run_id)


# One query a batch, without the document: it is read once a process.
IN_FORCE = f"""
select p.id, p.version, p.fingerprint, b.time_zone, r.run_id, r.cutoffs::text,
       greatest(p.activated_at, p.effective_from, r.as_of) as active_since
from rule_set_version p cross join business b
left join lateral (
    select run_id, cutoffs, as_of from evaluation_run r
    where r.result = 'applied' and r.policy_id = p.id and r.policy_version = p.version and r.cutoffs is not null
    order by r.as_of desc, r.decided_at desc limit 1
) r on true
where p.kind = 'tier-policies' and {rule_sets.in_force_sql("p", "$1")}
"""


async def load_rules(tx: Transaction) -> Rules:
    """The policy in force, with the cut-offs of its last applied review, and the business's zone."""
    row = await tx.raw.fetchrow(IN_FORCE, tx.at)
    if row is None:
        raise not_found("no_active_policy", "No tier policy is in force.")
    await rule_sets.read_versions(tx, TIER_POLICIES, {(row["id"], row["version"]): row["fingerprint"]})
    policy = _graded(row["id"], row["version"], row["fingerprint"], row["run_id"], row["cutoffs"])
    return Rules(policy, ZoneInfo(row["time_zone"]), new_id, row["active_since"], {})


async def list_policies_behind(tx: Transaction, keys: Iterable[PolicyKey], rules: Rules) -> dict[PolicyKey, Policy]:
    """The policies that rows were decided by, where that is not the one in force now."""
    active = (rules.active.policy_id, rules.active.version, rules.active.run_id)
    wanted = {key for key in keys if key != active and key.policy_id is not None}
    if not wanted:
        return {}
    rows = await tx.raw.fetch(
        """select p.id, p.version, p.fingerprint, r.run_id, r.cutoffs::text
           from unnest($1::uuid[], $2::int[], $3::uuid[]) as a(policy_id, version, run_id)
           join rule_set_version p on p.id = a.policy_id and p.version = a.version
           left join evaluation_run r on r.run_id = a.run_id""",
        [key[0] for key in wanted], [key[1] for key in wanted], [key[2] for key in wanted],
    )  # fmt: skip
    fingerprints = {(row["id"], row["version"]): row["fingerprint"] for row in rows}
    await rule_sets.read_versions(tx, TIER_POLICIES, fingerprints)
    return {PolicyKey(row["id"], row["version"], row["run_id"]): _graded(*row) for row in rows}


async def load_policy(tx: Transaction, policy_id: UUID, version: int) -> Policy:
    """One version, without cut-offs: those are the review's that runs it."""
    return await rule_sets.load_rules(tx, TIER_POLICIES, version, policy_id)


async def load_newest(tx: Transaction, policy_id: UUID) -> Policy:
    """The newest version, whatever its state."""
    version = await rule_sets.load_version(tx, TIER_POLICIES, policy_id)
    return TIER_POLICIES.compile(version)


async def record_simulated(tx: Transaction, policy_id: UUID, version: int, run_id: UUID, by: str) -> None:
    """Note in the version's history that a run has tried it on everybody."""
    await rule_sets.record_step(tx, TIER_POLICIES, policy_id, version, SIMULATED, by, reference=run_id)


async def list_simulated(tx: Transaction, versions: Sequence[RuleSetVersion]) -> dict[rule_sets.VersionKey, Any]:
    """When these versions were last simulated; without those that were not."""
    rows = await tx.raw.fetch(
        """select id, version, max(at) as at from unnest($1::uuid[], $2::int[]) as asked(id, version)
           join rule_set_step using (id, version) where step = 'simulated' group by id, version""",
        [version.id for version in versions], [version.version for version in versions],
    )  # fmt: skip
    return {(row["id"], row["version"]): row["at"] for row in rows}
