"""The store of deadline rules: allowances an operator wrote over the defaults. Nothing else reads or writes it."""

from dataclasses import asdict
from typing import Any

from sqlalchemy.dialects import postgresql as pg

from services.complaint_svc.deadlines.domain.allowances import Allowance, AllowanceRules, RuleKey
from services.complaint_svc.deadlines.tables import deadline_rule
from shared.messaging import Transaction


async def load_allowance_rules(tx: Transaction) -> AllowanceRules:
    """The rules in force now."""
    rows = await tx.raw.fetch("select * from deadline_rule")
    overrides: dict[RuleKey, Allowance] = {
        (row["kind"], row["severity"], row["tier"]): Allowance(row["acknowledgement"], row["proposal"], row["solution"])
        for row in rows
    }
    return AllowanceRules(overrides)


async def save_deadline_rule(tx: Transaction, key: RuleKey, allowance: Allowance, by: str) -> None:
    """The last word on a kind, severity and tier replaces the one before."""
    kind, severity, tier = key
    changed: dict[str, Any] = {**asdict(allowance), "changed_at": tx.at, "changed_by": by}
    insert = pg.insert(deadline_rule).values(kind=kind, severity=severity, tier=tier, **changed)
    await tx.sql.execute(insert.on_conflict_do_update(index_elements=["kind", "severity", "tier"], set_=changed))
