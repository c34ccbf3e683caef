"""Files are amended (P1); every change leaves a line in the access trail (P13)."""

from collections.abc import Sequence

from services.profile_svc.files.domain.customer_file import CustomerFile, CustomerKind, Facts, amend_file
from services.profile_svc.files.repository import customer_files
from shared.chassis import Actor
from shared.chassis.audit import add_access
from shared.messaging import Transaction, announce


async def amend_customer_file(
    tx: Transaction,
    actor: Actor,
    file: CustomerFile,
    kind: CustomerKind | None,
    changes: Facts,
    *,
    regions: Sequence[str],
) -> CustomerFile:
    """`file` is locked and is the version that the caller has seen."""
    amended, events = amend_file(file, kind, changes, tx.at, regions=regions)
    if amended is not file:
        await customer_files.save_file(tx, amended, before=file)
    await add_access(tx, actor, "changed", [file.id])
    announce(tx, events)
    return amended
