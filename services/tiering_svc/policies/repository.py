"""Tier policies (T9): rule sets of which one is in force, compiled with the cut-offs of its last applied review."""

import json
from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from services.tiering_svc.policies.domain.abc import cutoffs_from_data
from services.tiering_svc.policies.domain.policy import Policy, Rules
from services.tiering_svc.policies.domain.policy_document import read_policy
from services.tiering_svc.policies.domain.policy_timeline import AppliedReview, PolicyActivation, PolicyTimeline
from shared import rule_sets
from shared.errors import conflict, not_found
from shared.events import PolicyActivated
from shared.messaging import Transaction, announce, new_id
from shared.rule_sets import RuleSetKind, RuleSetStep, RuleSetVersion, StepRequest
from shared.sql import fragments

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
       greatest(p.activated_at, p.effective_from) as active_since, e.last_review_at, e.reviewing,
       exists (select from group_parent) as has_groups,
       exists (select from customer_merge where unmerged_at is null) as has_merges
from rule_set_version p cross join business b
left join lateral (
    select run_id, cutoffs from evaluation_run r
    where r.applying_since is not null and r.policy_id = p.id and r.policy_version = p.version and r.cutoffs is not null
    order by r.as_of desc, r.applying_since desc limit 1
) r on true
cross join lateral (
    select max(as_of) as last_review_at, coalesce(bool_or(result is null), false) as reviewing
    from evaluation_run where applying_since is not null
) e
where p.kind = 'tier-policies' and {rule_sets.in_force_sql("p", "$1")}
"""


async def load_rules(tx: Transaction) -> Rules:
    """The policy in force, with the cut-offs of its last review, the business's zone, and how far reviews have settled
    the past."""
    row = await tx.raw.fetchrow(IN_FORCE, tx.at)
    if row is None:
        raise not_found("no_active_policy", "No tier policy is in force.")
    await rule_sets.read_versions(tx, TIER_POLICIES, {(row["id"], row["version"]): row["fingerprint"]})
    policy = _graded(row["id"], row["version"], row["fingerprint"], row["run_id"], row["cutoffs"])
    return Rules(
        policy, ZoneInfo(row["time_zone"]), new_id, row["active_since"], row["last_review_at"], row["reviewing"],
        row["has_groups"], row["has_merges"],
    )  # fmt: skip


async def load_policy_timeline(tx: Transaction, known_at: datetime | None = None) -> PolicyTimeline:
    """Which policy was activated when, and which reviews take effect, as known at an instant (None: now)."""
    in_force = await rule_sets.load_timeline(tx, TIER_POLICIES, known_at)
    if not in_force.intervals:  # facts were recorded before this system was set up: it graded them by what it had then
        in_force = await rule_sets.load_timeline(tx, TIER_POLICIES)
    begun = [in_force.find(interval.effective_from) for interval in in_force.intervals]
    activations = [PolicyActivation(version.effective_from, version.rules) for version in begun if version is not None]
    rows = await tx.raw.fetch(
        f"""select r.as_of, r.run_id, r.policy_id, r.policy_version, p.fingerprint, r.cutoffs::text, r.applying_since
           from evaluation_run r join rule_set_version p on p.id = r.policy_id and p.version = r.policy_version
           where r.applying_since is not null and {fragments.known_at_or_now("$1", "r.applying_since")}
           order by r.as_of, r.applying_since""",
        known_at,
    )
    keys = {(row["policy_id"], row["policy_version"]): row["fingerprint"] for row in rows}
    await rule_sets.read_versions(tx, TIER_POLICIES, keys)
    reviews = [
        AppliedReview(
            row["as_of"], row["run_id"],
            _graded(row["policy_id"], row["policy_version"], row["fingerprint"], row["run_id"], row["cutoffs"]),
            row["applying_since"],
        )
        for row in rows
    ]  # fmt: skip
    return PolicyTimeline(activations, reviews)


async def load_policy(tx: Transaction, policy_id: UUID, version: int) -> Policy:
    """One version, without cut-offs: those are the review's that runs it."""
    return await rule_sets.load_rules(tx, TIER_POLICIES, version, policy_id)


async def load_newest(tx: Transaction, policy_id: UUID) -> Policy:
    """The newest version, whatever its state."""
    version = await rule_sets.load_version(tx, TIER_POLICIES, policy_id)
    return TIER_POLICIES.compile(version)


async def list_tiers(tx: Transaction) -> frozenset[str]:
    """The codes of all levels of tier policies, of every version that was not rejected."""
    rows = await tx.raw.fetch(
        """select distinct jsonb_path_query(document, '$.levels[*].code') #>> '{}' as tier
           from rule_set_version where kind = $1 and status <> 'rejected'""",
        TIER_POLICIES.name,
    )  # fmt: skip
    return frozenset(row["tier"] for row in rows)


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


async def list_tier_names(tx: Transaction) -> dict[str, dict[str, str]]:
    """What each tier is called in both languages, by the policy that came into force last of those that have it."""
    rows = await tx.raw.fetch(
        """select distinct on (level.value ->> 'code') level.value ->> 'code' as tier,
                  (level.value -> 'name')::text as name
           from rule_set_version v cross join jsonb_array_elements(v.document -> 'levels') as level
           where v.kind = $1 and v.activated_at is not null and jsonb_typeof(v.document -> 'levels') = 'array'
           order by level.value ->> 'code', v.effective_from desc nulls last, v.activated_at desc, v.version desc""",
        TIER_POLICIES.name,
    )
    return {row["tier"]: json.loads(row["name"]) for row in rows}
