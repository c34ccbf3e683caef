"""Rows made from files, recomputed: what a file is found by and how complete it is follow from its facts (P12)."""

from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

from services.profile_svc.files.domain.customer_file import CustomerFile
from services.profile_svc.files.domain.name_index import index_name
from services.profile_svc.files.domain.phones import last_digits
from shared.messaging import Transaction

FILES = "select id as key, updated_at as touched from customer"

READ = """
select c.id, c.kind, c.facts, c.version, c.registered_at, c.updated_at, c.completeness,
       (select array_agg((position, folded, search_text, tokens::text) order by position) from customer_name n
        where n.customer_id = c.id) as names,
       (select array_agg((e164, last_digits) order by e164) from customer_phone p where p.customer_id = c.id) as phones,
       (select array_agg(address order by address) from customer_email e where e.customer_id = c.id) as emails
from customer c where c.id = any($1::uuid[])
"""
# A set of words, as a `tsvector` writes them.
WORDS = "select array_to_tsvector($1::text[])::text"


async def begin(tx: Transaction) -> Callable[[Sequence[UUID]], Any]:
    """What finds the faults of pages of files."""

    async def find_faults(customers: Sequence[UUID]) -> dict[UUID, list[str]]:
        faults = {}
        for row in await tx.raw.fetch(READ, customers):
            file = CustomerFile(*(row[name] for name in CustomerFile.__dataclass_fields__))
            if wrong := await _differing(tx, file, row):
                faults[file.id] = [f"customer_id={file.id} is not kept as its file gives it: {', '.join(wrong)}"]
        return faults

    return find_faults


async def _differing(tx: Transaction, file: CustomerFile, row: Any) -> list[str]:
    """What of a file's rows is not as the file gives it, by name: what it is does not go into a report."""
    names = [index_name(name) for name in file.texts("names", "name")]
    given_names = [
        (position, name.folded, name.text, await tx.raw.fetchval(WORDS, list(name.tokens)))
        for position, name in enumerate(names)
    ]
    phones = sorted((e164, last_digits(e164)) for e164 in file.texts("phones", "e164"))
    emails = sorted(address.casefold() for address in file.texts("emails", "address"))
    given = {"names": given_names, "phones": phones, "emails": emails, "completeness": file.completeness.percent}
    kept = {
        "names": [tuple(name) for name in row["names"] or ()],
        "phones": sorted(tuple(phone) for phone in row["phones"] or ()),
        "emails": sorted(row["emails"] or ()),
        "completeness": row["completeness"],
    }
    return [name for name in given if given[name] != kept[name]]
