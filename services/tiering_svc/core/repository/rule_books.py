"""SQL of rule books (T8, T13): rules as data in versions, of which one is in force."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shared.errors import not_found
from shared.messaging import Transaction

COLUMNS = "name, version, document, status, author, created_at, activated_by, activated_at"


@dataclass(frozen=True, slots=True)
class RuleBook:
    name: str
    version: int
    document: Mapping[str, Any]
    status: str
    author: str
    created_at: datetime
    activated_by: str | None
    activated_at: datetime | None


async def load_active(tx: Transaction, name: str) -> RuleBook:
    row = await tx.raw.fetchrow(f"select {COLUMNS} from rule_book where name = $1 and status = 'active'", name)
    if row is None:
        raise not_found("no_rules_in_force", "No version of these rules is in force.")
    return RuleBook(**row)


async def load_version(tx: Transaction, name: str, version: int) -> RuleBook:
    row = await tx.raw.fetchrow(f"select {COLUMNS} from rule_book where name = $1 and version = $2", name, version)
    if row is None:
        raise not_found("rules_not_found", "There is no such version.")
    return RuleBook(**row)


async def list_versions(tx: Transaction, name: str) -> list[RuleBook]:
    """Newest first."""
    rows = await tx.raw.fetch(f"select {COLUMNS} from rule_book where name = $1 order by version desc", name)
    return [RuleBook(**row) for row in rows]


async def load_versions(tx: Transaction, name: str) -> list[RuleBook]:
    """The same, locked: writers of one book take turns."""
    rows = await tx.raw.fetch(f"select {COLUMNS} from rule_book where name = $1 order by version desc for update", name)
    return [RuleBook(**row) for row in rows]


async def add_version(tx: Transaction, name: str, version: int, document: Mapping[str, Any], author: str) -> None:
    await tx.raw.execute(
        """insert into rule_book (name, version, document, status, author, created_at)
           values ($1, $2, $3::jsonb, 'draft', $4, $5)""",
        name, version, json.dumps(document, ensure_ascii=False), author, tx.at,
    )  # fmt: skip


async def save_activation(tx: Transaction, name: str, version: int, by: str) -> None:
    await tx.raw.execute("update rule_book set status = 'retired' where name = $1 and status = 'active'", name)
    await tx.raw.execute(
        """update rule_book set status = 'active', activated_by = $3, activated_at = $4
           where name = $1 and version = $2""",
        name, version, by, tx.at,
    )  # fmt: skip
