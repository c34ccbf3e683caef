"""What versions of the rules name, for who writes the next one."""

from collections.abc import Iterable

from shared.messaging import Transaction

# What versions of the rules name, drafts too: a tier is given its working times, and then its hours.
NAMED = """
select distinct entry ->> $1 as code from rule_set_version v,
    jsonb_array_elements(case v.kind when 'deadline-rules' then v.document -> 'allowances'
                                     else coalesce(v.document -> 'other_hours', '[]') end) as entry
where v.kind in ('calendar-rules', 'deadline-rules') and entry ->> $1 = any($2)
"""


async def list_named(tx: Transaction, field: str, codes: Iterable[str]) -> set[str]:
    """Of these codes those that a version of the rules has in such a field."""
    return {row["code"] for row in await tx.raw.fetch(NAMED, field, list(codes))} if codes else set()
