"""Lists show a merged customer once, with what all its members say of it (P12)."""

from collections.abc import Sequence
from dataclasses import replace

from services.profile_svc.files.repository import customer_files
from services.profile_svc.overview.repository.combined import load_combined_overview
from services.profile_svc.search.repository import SearchResult
from shared.chassis import Actor
from shared.messaging import Transaction


async def with_members(tx: Transaction, actor: Actor, results: Sequence[SearchResult]) -> list[SearchResult]:
    """The results, those of merged customers with their one file; nobody is asked for where there is none."""
    return [result if result.root_id is None else await _combined(tx, actor, result) for result in results]


async def _combined(tx: Transaction, actor: Actor, result: SearchResult) -> SearchResult:
    file = await customer_files.find_file(tx, result.id, actor)
    if file is None:
        return result
    row = await load_combined_overview(tx, file, tx.at.date())
    return replace(
        result,
        kind=file.file.kind,
        name=file.file.display_name,
        region=file.file.facts.get("region"),
        completeness=file.file.completeness.percent,
        tier=row["tier"],
        account_manager=row["account_manager"],
        merged_from=file.absorbed,
    )
