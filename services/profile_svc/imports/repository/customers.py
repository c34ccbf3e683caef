"""What imports read and write of customers, hundreds in a statement: who is visible, who looks alike, who has facts."""

from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

from sqlalchemy import select

from services.profile_svc.files.domain.customer_file import CustomerFile
from services.profile_svc.files.repository.search_index import add_search_rows
from services.profile_svc.files.tables import customer
from services.profile_svc.references.repository.customer_sources import visible_to
from shared.chassis import Actor, data_scope
from shared.messaging import Transaction
from shared.sql import update_many


async def list_merged(tx: Transaction, ids: Collection[UUID]) -> list[UUID]:
    """Those of the customers who are one with somebody."""
    rows = await tx.raw.fetch("select id from customer where id = any($1::uuid[]) and root_id is not null", list(ids))
    return [row["id"] for row in rows]


SEARCHED = ("names", "phones", "emails")


async def list_visible(tx: Transaction, ids: Collection[UUID], actor: Actor) -> set[UUID]:
    """Those of the customers that the actor may see."""
    if not ids:
        return set()
    query = select(customer.c.id).where(customer.c.id.in_(list(ids)))
    return set((await tx.sql.execute(visible_to(query, customer.c.id, data_scope(tx, actor)))).scalars())


async def save_files(tx: Transaction, files: Sequence[CustomerFile], before: Mapping[UUID, CustomerFile]) -> None:
    """Write changed files in one statement, and the search rows of those that are found by something else now."""
    if not files:
        return
    rows = [
        {
            "id": file.id,
            "kind": file.kind,
            "facts": dict(file.facts),
            "completeness": file.completeness.percent,
            "version": file.version,
            "updated_at": file.updated_at,
        }
        for file in files
    ]
    await update_many(tx, customer, rows, key=("id",))
    moved = [
        file for file in files if any(file.facts.get(name) != before[file.id].facts.get(name) for name in SEARCHED)
    ]
    if moved:
        await tx.raw.execute(
            """with names as (delete from customer_name where customer_id = any($1::uuid[])),
                    phones as (delete from customer_phone where customer_id = any($1::uuid[]))
               delete from customer_email where customer_id = any($1::uuid[])""",
            [file.id for file in moved],
        )
        await add_search_rows(tx, moved)


async def restore_edited(tx: Transaction, edited: Mapping[str, Sequence[str]]) -> None:
    """Which fields had been changed since these merges, as it was before."""
    for merge_id, fields in sorted(edited.items()):
        await tx.raw.execute(
            "update merge_decision set edited = $2::text[] where merge_id = $1", UUID(merge_id), list(fields)
        )


async def list_candidates(tx: Transaction, files: Sequence[CustomerFile]) -> set[UUID]:
    """Those of the files that share a telephone number or an e-mail address with somebody else's: they may be one."""
    phones = [(file.id, e164) for file in files for e164 in file.texts("phones", "e164")]
    emails = [(file.id, address.casefold()) for file in files for address in file.texts("emails", "address")]
    if not phones and not emails:
        return set()
    rows = await tx.raw.fetch(
        """select given.id from unnest($1::uuid[], $2::text[]) as given(id, e164)
           where exists (select from customer_phone p where p.e164 = given.e164 and p.customer_id <> given.id)
           union
           select given.id from unnest($3::uuid[], $4::text[]) as given(id, address)
           where exists (select from customer_email e where e.address = given.address and e.customer_id <> given.id)""",
        [id for id, _ in phones], [e164 for _, e164 in phones],
        [id for id, _ in emails], [address for _, address in emails],
    )  # fmt: skip
    return {row["id"] for row in rows}


async def list_with_facts(tx: Transaction, ids: Collection[UUID]) -> set[UUID]:
    """Those of the customers to whom something has happened: orders, money owed, cases, points, conversations, calls, a
    team, a group, a merge."""
    rows = await tx.raw.fetch(
        """select c.id from unnest($1::uuid[]) as c(id)
           where exists (select from overview o where o.customer_id = c.id and (
                     orders_count > 0 or points_balance <> 0 or points_held <> 0 or points_debt <> 0
                     or open_cases > 0 or last_case_at is not null or outstanding_amount <> 0))
              or exists (select from contact_log l where l.customer_id = c.id)
              or exists (select from team_assignment t where t.customer_id = c.id)
              or exists (select from group_membership g where g.customer_id = c.id or g.parent_id = c.id)
              or exists (select from customer_merge m where m.absorbed_id = c.id or m.root_id = c.id)
              or exists (select from call k where k.customer_id = c.id)""",
        list(ids),
    )
    return {row["id"] for row in rows}
