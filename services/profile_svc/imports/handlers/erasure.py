"""What imports keep of a person is erased (P13): what rows say, and the files they came in."""

from uuid import UUID

from services.profile_svc.imports.repository import imports
from shared.files import erase_files_of, remove_files
from shared.messaging import Transaction


async def erase_imported(tx: Transaction, customer_id: UUID) -> int:
    """Erase what imports keep of the customer, the whole uploaded files that named it among it, and the files about
    it. Returns how many files; their bytes are gone soon after the commit (`delete_removed_bytes` at once).

    A file that names an erased person is no longer whole, so all of it goes: whoever needs it has it outside.
    """
    named = await imports.erase_rows_of(tx, customer_id)
    return await remove_files(tx, named) + await erase_files_of(tx, customer_id)
