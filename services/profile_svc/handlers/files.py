"""Files are amended (P1); every change leaves a line in the access trail (P13)."""

from collections.abc import Sequence

from services.profile_svc.domain.customer import CustomerFile, Facts, Kind, amend_file
from services.profile_svc.domain.reader import Reader
from services.profile_svc.repository import customers
from shared.messaging import Transaction, announce


async def amend_customer_file(
    tx: Transaction, reader: Reader, file: CustomerFile, kind: Kind | None, changes: Facts, *, regions: Sequence[str]
) -> CustomerFile:
    """`file` is locked and is the version that the caller has seen."""
    amended, events = amend_file(file, kind, changes, tx.at, regions=regions)
    if amended is not file:
        await customers.save_file(tx, amended, before=file)
    await customers.add_access(tx, reader, "changed", [file.id])
    announce(tx, events)
    return amended
