"""The rows made from files so that they can be found (P12): names, phones and e-mail addresses."""

from collections.abc import Sequence

from services.profile_svc.files.domain.customer_file import CustomerFile
from services.profile_svc.files.domain.name_index import index_name
from services.profile_svc.files.domain.phones import last_digits
from services.profile_svc.files.tables import customer_email, customer_name, customer_phone
from shared.messaging import Transaction
from shared.sql import insert_statement, unnest

GIVEN_NAMES = unnest(
    "given", customer_id="uuid", position=customer_name.c.position, folded="text", search_text="text", tokens="text"
)

# tokens hold letters and digits only, so a line break can part them
ADD = f"""
with names as (
    insert into customer_name (customer_id, position, folded, search_text, tokens)
    select customer_id, position, folded, search_text, array_to_tsvector(string_to_array(tokens, e'\\n'))
    from {GIVEN_NAMES}
), phones as ({insert_statement(customer_phone, ("customer_id", "e164", "last_digits"), first=6)})
{insert_statement(customer_email, ("customer_id", "address"), first=9)}
"""

DROP = """
with names as (delete from customer_name where customer_id = $1),
    phones as (delete from customer_phone where customer_id = $1)
delete from customer_email where customer_id = $1
"""


async def add_search_rows(tx: Transaction, files: Sequence[CustomerFile]) -> None:
    """Insert the rows that these files are found by."""
    names = [
        (file.id, position, index_name(name))
        for file in files
        for position, name in enumerate(file.texts("names", "name"))
    ]
    phones = [(file.id, e164) for file in files for e164 in file.texts("phones", "e164")]
    emails = [(file.id, address.casefold()) for file in files for address in file.texts("emails", "address")]
    await tx.raw.execute(
        ADD,
        [id for id, _, _ in names], [position for _, position, _ in names], [name.folded for _, _, name in names],
        [name.text for _, _, name in names], ["\n".join(name.tokens) for _, _, name in names],
        [id for id, _ in phones], [e164 for _, e164 in phones], [last_digits(e164) for _, e164 in phones],
        [id for id, _ in emails], [address for _, address in emails],
    )  # fmt: skip


async def drop_search_rows(tx: Transaction, file: CustomerFile) -> None:
    """Delete the rows that a file was found by."""
    await tx.raw.execute(DROP, file.id)
