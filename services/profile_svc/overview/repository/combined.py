"""The overview of a customer that was merged (P12): made from the rows of all its members when it is read."""

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

import orjson

from services.profile_svc.files.domain.combined_file import ACCOUNT_MANAGER, CombinedFile
from services.profile_svc.overview.domain.combined import MAPS, combine_overviews
from shared.messaging import Transaction

ROWS = """
select c.id as customer_id, o.*, o.open_warnings::text as warnings, o.account_classes::text as classes,
       o.risk_flags::text as risks, m.name as manager_name, m.phone_extension as manager_extension,
       (select sum(r.outstanding) from receivable_copy r
        where r.customer_id = c.id and r.outstanding > 0 and r.due_on < $2) as overdue_amount,
       (select max(k.satisfied_at) from case_copy k where k.customer_id = c.id and k.satisfaction is not null)
           as satisfied_at
from unnest($1::uuid[]) with ordinality as c(id, place)
left join overview o on o.customer_id = c.id
left join employee m on m.employee_id = o.account_manager
order by c.place
"""
TEXTS = {"open_warnings": "warnings", "account_classes": "classes", "risk_flags": "risks"}


async def load_combined_overview(tx: Transaction, file: CombinedFile, today: date) -> dict[str, Any]:
    """The columns of `find_overview`, of all members of a customer. `today` says which receivables are overdue."""
    rows = [_row(row, id) for row, id in zip(await tx.raw.fetch(ROWS, file.members, today), file.members, strict=True)]
    managed = {row["customer_id"] for row in rows if row["account_manager"] is not None}
    combined = combine_overviews(rows, file.surviving(ACCOUNT_MANAGER, managed))
    for name, text in TEXTS.items():
        combined[text] = orjson.dumps(combined[name])
    facts = file.file.facts
    return combined | {
        "id": file.id, "kind": file.file.kind, "names": orjson.dumps(facts.get("names") or []),
        "region": facts.get("region"), "industry": facts.get("industry"),
        "completeness": file.file.completeness.percent, "registered_at": file.file.registered_at,
        "merged_from": file.absorbed,
    }  # fmt: skip


def _row(row: Mapping[str, Any], id: UUID) -> dict[str, Any]:
    maps = {name: orjson.loads(row[TEXTS[name]] or "{}") for name in MAPS}
    return {**row, **maps, "customer_id": id}
