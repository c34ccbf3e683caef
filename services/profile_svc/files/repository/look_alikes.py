"""SQL of files that may be of the same customer (P12): each kind of evidence by an index of its own."""

from collections import defaultdict
from uuid import UUID

import orjson
from sqlalchemy import select

from services.profile_svc.files.domain.customer_file import CustomerFile
from services.profile_svc.files.domain.look_alikes import (
    EVIDENCE,
    Evidence,
    LookAlike,
    share_a_name,
    spellings,
    strongest_first,
)
from services.profile_svc.files.tables import customer
from services.profile_svc.references.repository.customer_sources import visible_to
from shared.chassis import Actor, data_scope
from shared.messaging import Transaction

# Of names the index knows words and whole names alike, so what it finds is compared as a whole afterwards.
SHARED = """
select id as customer_id, 'tax_id' as evidence, null as names
from customer where facts ? 'tax_id' and facts ->> 'tax_id' = $1 and id <> $5
union
select customer_id, 'phone', null from customer_phone where e164 = any($2::text[]) and customer_id <> $5
union
select customer_id, 'email', null from customer_email where address = any($3::text[]) and customer_id <> $5
union all
select * from (
    select c.id, 'name', (c.facts -> 'names')::text from customer_name n join customer c on c.id = n.customer_id
    where n.tokens @@ $4::text::tsquery and c.id <> $5 limit 500
) as named
"""


async def list_look_alikes(tx: Transaction, actor: Actor, file: CustomerFile) -> list[LookAlike]:
    """Customers whose files share a tax id, a telephone number, an e-mail address or a name in any script with this
    one, as far as the actor may see them, the most alike first; a merged one once, by whoever stands for it."""
    rows = await tx.raw.fetch(
        SHARED, file.facts.get("tax_id"), file.texts("phones", "e164"),
        [address.casefold() for address in file.texts("emails", "address")], _any_spelling(file), file.id,
    )  # fmt: skip
    shared_by: dict[UUID, set[Evidence]] = defaultdict(set)
    for row in rows:
        if row["evidence"] != "name" or share_a_name(file, [name["name"] for name in orjson.loads(row["names"])]):
            shared_by[row["customer_id"]].add(row["evidence"])
    if not shared_by:
        return []
    query = select(customer.c.id, customer.c.root_id, customer.c.kind, customer.c.facts).where(
        customer.c.id.in_(shared_by)
    )
    seen = {
        row.id: row for row in (await tx.sql.execute(visible_to(query, customer.c.id, data_scope(tx, actor)))).all()
    }
    stands_for = {id: (row.root_id or id) if actor.source is None else id for id, row in seen.items()}
    evidence: dict[UUID, set[Evidence]] = defaultdict(set)
    for id, root_id in stands_for.items():
        evidence[root_id] |= shared_by[id]
    shown = {root_id: seen[id] for id, root_id in sorted(stands_for.items(), key=lambda item: item[0] == item[1])}
    return [
        LookAlike(
            id, shown[id].kind, (shown[id].facts.get("names") or [{"name": None}])[0]["name"],
            tuple(kind for kind in EVIDENCE if kind in evidence[id]),
        )
        for id in strongest_first(evidence)
    ]  # fmt: skip


async def lock_what_is_alike(tx: Transaction, file: CustomerFile) -> None:
    """Until the transaction ends nobody else who refuses look-alikes opens a file that shares something with this."""
    shared = {
        f"tax_id {file.facts.get('tax_id')}",
        *(f"phone {e164}" for e164 in file.texts("phones", "e164")),
        *(f"email {address.casefold()}" for address in file.texts("emails", "address")),
        *(f"name {spelling}" for name in file.texts("names", "name") for spelling in spellings(name)),
    }
    await tx.raw.execute(
        """select pg_advisory_xact_lock(key) from (
               select distinct hashtextextended(shared, 0) as key from unnest($1::text[]) as shared order by 1
           ) as keys""",
        sorted(shared),
    )


def _any_spelling(file: CustomerFile) -> str:
    """A tsquery: some spelling of some name of the file is a word of the name."""
    words = {spelling for name in file.texts("names", "name") for spelling in spellings(name)}
    return " | ".join("'" + word.replace("\\", "\\\\").replace("'", "''") + "'" for word in sorted(words))
