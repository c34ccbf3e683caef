"""SQL of warning rules: the versions in force, compiled, and the versions people edit (T12)."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from services.tiering_svc.core.domain.numbers import Names
from services.tiering_svc.monitoring.domain.warning_rules import WarningRule, read_rule
from shared.errors import not_found
from shared.messaging import Transaction

COLUMNS = """rule_id, version, name, cause, document, status, author, created_at, activated_by, activated_at,
             retired_by, retired_at"""


@dataclass(frozen=True, slots=True)
class RuleVersion:
    rule_id: UUID
    version: int
    name: Names
    cause: str
    document: Mapping[str, Any]
    status: str
    author: str
    created_at: datetime
    activated_by: str | None
    activated_at: datetime | None
    retired_by: str | None
    retired_at: datetime | None


@lru_cache(maxsize=256)
def compiled(rule_id: UUID, version: int, name: str, document: str) -> WarningRule:
    return read_rule(json.loads(document), rule_id=rule_id, version=version, names=json.loads(name))


async def list_active(tx: Transaction) -> list[WarningRule]:
    rows = await tx.raw.fetch(
        """select rule_id, version, name::text, document::text from warning_rule where status = 'active'
           order by rule_id"""
    )
    return [compiled(*row) for row in rows]


async def list_compiled(tx: Transaction, wanted: Sequence[tuple[UUID, int]]) -> list[WarningRule]:
    rows = await tx.raw.fetch(
        """select r.rule_id, r.version, r.name::text, r.document::text
           from unnest($1::uuid[], $2::int[]) as a(rule_id, version) join warning_rule r using (rule_id, version)
           order by r.rule_id""",
        [rule_id for rule_id, _ in wanted], [version for _, version in wanted],
    )  # fmt: skip
    return [compiled(*row) for row in rows]


async def add_version(tx: Transaction, rule: WarningRule, document: Mapping[str, Any], author: str) -> None:
    await tx.raw.execute(
        """insert into warning_rule (rule_id, version, name, cause, document, status, author, created_at)
           values ($1, $2, $3::jsonb, $4, $5::jsonb, 'draft', $6, $7)""",
        rule.rule_id, rule.version, json.dumps(rule.names, ensure_ascii=False), rule.cause, json.dumps(document),
        author, tx.at,
    )  # fmt: skip


async def load_versions(tx: Transaction, rule_id: UUID) -> list[RuleVersion]:
    """All versions, newest first, locked."""
    return await _versions(tx, rule_id, "for update")


async def list_versions(tx: Transaction, rule_id: UUID) -> list[RuleVersion]:
    return await _versions(tx, rule_id, "")


async def _versions(tx: Transaction, rule_id: UUID, lock: str) -> list[RuleVersion]:
    rows = await tx.raw.fetch(
        f"select {COLUMNS} from warning_rule where rule_id = $1 order by version desc {lock}", rule_id
    )
    if not rows:
        raise not_found("rule_not_found", "There is no such rule.")
    return [RuleVersion(**row) for row in rows]


async def list_newest(tx: Transaction, after: UUID | None, limit: int) -> list[RuleVersion]:
    """One row a rule: the version in force, or else the newest."""
    rows = await tx.raw.fetch(
        f"""select distinct on (rule_id) {COLUMNS} from warning_rule where $1::uuid is null or rule_id > $1
            order by rule_id, status = 'active' desc, version desc limit $2""",
        after, limit,
    )  # fmt: skip
    return [RuleVersion(**row) for row in rows]


async def find_active_of_cause(tx: Transaction, cause: str) -> UUID | None:
    """The rule that looks for this cause now. Activations take turns."""
    await tx.raw.execute("select pg_advisory_xact_lock(hashtextextended('warning_rule', 0))")
    found: UUID | None = await tx.raw.fetchval(
        "select rule_id from warning_rule where status = 'active' and cause = $1", cause
    )
    return found


async def save_activation(tx: Transaction, rule_id: UUID, version: int, by: str) -> None:
    """The version that was in force retires."""
    await save_retirement(tx, rule_id, by)
    await tx.raw.execute(
        """update warning_rule set status = 'active', activated_by = $3, activated_at = $4, retired_by = null,
               retired_at = null
           where rule_id = $1 and version = $2""",
        rule_id, version, by, tx.at,
    )  # fmt: skip


async def save_retirement(tx: Transaction, rule_id: UUID, by: str) -> None:
    await tx.raw.execute(
        """update warning_rule set status = 'retired', retired_by = $2, retired_at = $3
           where rule_id = $1 and status = 'active'""",
        rule_id, by, tx.at,
    )  # fmt: skip
