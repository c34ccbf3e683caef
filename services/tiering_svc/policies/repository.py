"""SQL of policies: the one in force compiled with its cut-offs, and the versions people edit."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from services.tiering_svc.core.domain.numbers import Names
from services.tiering_svc.policies.domain.abc import cutoffs_from_data
from services.tiering_svc.policies.domain.policy import Policy, PolicyKey, Rules
from services.tiering_svc.policies.domain.reading import read_policy
from shared.errors import not_found
from shared.messaging import Transaction, new_id


@dataclass(frozen=True, slots=True)
class PolicyVersion:
    policy_id: UUID
    version: int
    name: Names
    document: Mapping[str, Any]
    status: str
    author: str
    created_at: datetime
    activated_by: str | None
    activated_at: datetime | None
    approved_by: str | None
    approved_at: datetime | None
    simulated_at: datetime | None  # by the last simulation that has ended

    @property
    def state(self) -> str:
        """T9: draft -> simulated -> approved -> active -> retired."""
        return "simulated" if self.status == "draft" and self.simulated_at is not None else self.status


@dataclass(frozen=True, slots=True)
class PolicyStep:
    """Who brought a version into a state, and when."""

    version: int
    status: str
    at: datetime
    by: str
    run_id: UUID | None  # of a simulation


@lru_cache(maxsize=64)
def compiled(
    policy_id: UUID, version: int, name: str, document: str, run_id: UUID | None, cutoffs: str | None
) -> Policy:
    """A policy made of its stored text; cached, because every batch asks for the same one."""
    policy = read_policy(json.loads(document), policy_id=policy_id, version=version, names=json.loads(name))
    if run_id is None or cutoffs is None:
        return policy
    return policy.with_cutoffs(cutoffs_from_data(policy, json.loads(cutoffs)), run_id)


ACTIVE = """
select p.policy_id, p.version, p.name::text, p.document::text, b.time_zone, r.run_id,
       r.cutoffs::text, greatest(p.activated_at, r.as_of) as active_since
from tier_policy p cross join business b
left join lateral (
    select run_id, cutoffs, as_of from evaluation_run r
    where r.status = 'applied' and r.policy_id = p.policy_id and r.policy_version = p.version and r.cutoffs is not null
    order by r.as_of desc, r.finished_at desc limit 1
) r on true
where p.status = 'active'
"""


async def load_rules(tx: Transaction) -> Rules:
    """The policy in force, with the cut-offs of its last applied review, and the business's zone."""
    row = await tx.raw.fetchrow(ACTIVE)
    if row is None:
        raise not_found("no_active_policy", "no tier policy is in force")
    policy = compiled(row["policy_id"], row["version"], row["name"], row["document"], row["run_id"], row["cutoffs"])
    return Rules(policy, ZoneInfo(row["time_zone"]), new_id, row["active_since"], {})


async def list_policies_behind(tx: Transaction, keys: Iterable[PolicyKey], rules: Rules) -> dict[PolicyKey, Policy]:
    """The policies that rows were decided by, where that is not the one in force now."""
    active = (rules.active.policy_id, rules.active.version, rules.active.run_id)
    wanted = {key for key in keys if key != active and key.policy_id is not None}
    if not wanted:
        return {}
    rows = await tx.raw.fetch(
        """select p.policy_id, p.version, p.name::text, p.document::text, r.run_id, r.cutoffs::text
           from unnest($1::uuid[], $2::int[], $3::uuid[]) as a(policy_id, version, run_id)
           join tier_policy p on p.policy_id = a.policy_id and p.version = a.version
           left join evaluation_run r on r.run_id = a.run_id""",
        [w[0] for w in wanted], [w[1] for w in wanted], [w[2] for w in wanted],
    )  # fmt: skip
    return {
        PolicyKey(r["policy_id"], r["version"], r["run_id"]): compiled(
            r["policy_id"], r["version"], r["name"], r["document"], r["run_id"], r["cutoffs"]
        )
        for r in rows
    }


async def load_policy(tx: Transaction, policy_id: UUID, version: int) -> Policy:
    """One version, without cut-offs: those are the review's that runs it."""
    row = await tx.raw.fetchrow(
        "select name::text, document::text from tier_policy where policy_id = $1 and version = $2", policy_id, version
    )
    if row is None:
        raise not_found("policy_not_found", "There is no such policy.")
    return compiled(policy_id, version, row["name"], row["document"], None, None)


COLUMNS = """policy_id, version, name, document, status, author, created_at, activated_by, activated_at, approved_by,
             approved_at, (select max(finished_at) from evaluation_run r where r.status = 'simulated'
                           and r.policy_id = p.policy_id and r.policy_version = p.version) as simulated_at"""


async def add_version(
    tx: Transaction, policy_id: UUID, version: int, names: Names, document: Mapping[str, Any], author: str
) -> None:
    await tx.raw.execute(
        """insert into tier_policy (policy_id, version, name, document, status, author, created_at)
           values ($1, $2, $3, $4, 'draft', $5, $6)""",
        policy_id, version, json.dumps(names), json.dumps(document), author, tx.at,
    )  # fmt: skip
    await _add_step(tx, policy_id, version, "draft", author)


async def _add_step(tx: Transaction, policy_id: UUID, version: int, status: str, by: str) -> None:
    await tx.raw.execute(
        "insert into tier_policy_step (policy_id, version, status, at, by) values ($1, $2, $3, $4, $5)",
        policy_id, version, status, tx.at, by,
    )  # fmt: skip


async def load_versions(tx: Transaction, policy_id: UUID) -> list[PolicyVersion]:
    """All versions, newest first, locked."""
    rows = await tx.raw.fetch(
        f"select {COLUMNS} from tier_policy p where policy_id = $1 order by version desc for update", policy_id
    )
    if not rows:
        raise not_found("policy_not_found", "There is no such policy.")
    return [_version(row) for row in rows]


async def list_newest_versions(tx: Transaction, after: UUID | None, limit: int) -> list[PolicyVersion]:
    """One row a policy: the version in force, or else the newest."""
    rows = await tx.raw.fetch(
        f"""select distinct on (policy_id) {COLUMNS} from tier_policy p
            where $1::uuid is null or policy_id > $1
            order by policy_id, status = 'active' desc, version desc limit $2""",
        after, limit,
    )  # fmt: skip
    return [_version(row) for row in rows]


async def list_versions(tx: Transaction, policy_id: UUID) -> list[PolicyVersion]:
    rows = await tx.raw.fetch(
        f"select {COLUMNS} from tier_policy p where policy_id = $1 order by version desc", policy_id
    )
    return [_version(row) for row in rows]


async def list_steps(tx: Transaction, policy_id: UUID) -> list[PolicyStep]:
    """The way of all its versions, oldest step first; simulations are told by their runs."""
    rows = await tx.raw.fetch(
        """select version, status, at, by, null::uuid as run_id, step_id from tier_policy_step where policy_id = $1
           union all
           select policy_version, 'simulated', finished_at, requested_by, run_id, null from evaluation_run
           where policy_id = $1 and status = 'simulated'
           order by at, step_id nulls last""",
        policy_id,
    )
    return [PolicyStep(row["version"], row["status"], row["at"], row["by"], row["run_id"]) for row in rows]


async def save_approval(tx: Transaction, policy_id: UUID, version: int, by: str) -> None:
    await tx.raw.execute(
        """update tier_policy set status = 'approved', approved_by = $3, approved_at = $4
           where policy_id = $1 and version = $2""",
        policy_id, version, by, tx.at,
    )  # fmt: skip
    await _add_step(tx, policy_id, version, "approved", by)


async def save_activation(tx: Transaction, policy_id: UUID, version: int, by: str) -> None:
    """The one in force retires in the same statement's transaction, so that there is exactly one."""
    await tx.raw.execute("select 1 from business for update")  # activations take turns
    retired = await tx.raw.fetch(
        """update tier_policy set status = 'retired', retired_at = $1 where status = 'active'
           returning policy_id, version""",
        tx.at,
    )
    for row in retired:
        await _add_step(tx, row["policy_id"], row["version"], "retired", by)
    await tx.raw.execute(
        """update tier_policy set status = 'active', activated_by = $3, activated_at = $4, retired_at = null
           where policy_id = $1 and version = $2""",
        policy_id, version, by, tx.at,
    )  # fmt: skip
    await _add_step(tx, policy_id, version, "active", by)


def _version(row: Mapping[str, Any]) -> PolicyVersion:
    return PolicyVersion(**row)
