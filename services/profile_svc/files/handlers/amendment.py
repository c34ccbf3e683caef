"""Files are amended (P1); every change leaves a line in the access trail (P13)."""

from collections.abc import Sequence

from services.profile_svc.files.domain.combined_file import CombinedFile
from services.profile_svc.files.domain.customer_file import CustomerKind, Facts, amend_file
from services.profile_svc.files.repository import customer_files
from shared.chassis import Actor
from shared.chassis.audit import add_access
from shared.messaging import Transaction, announce


async def amend_customer_file(
    tx: Transaction,
    actor: Actor,
    file: CombinedFile,
    kind: CustomerKind | None,
    changes: Facts,
    *,
    regions: Sequence[str],
) -> CombinedFile:
    """Change the file of a customer; of one that was merged, the root's own (P12), and its values count from then on.

    `file` is locked and is the version that the caller has seen.
    """
    own = file.own[file.edited_member]
    amended, events = amend_file(own, kind, changes, tx.at, regions=regions)
    if amended is not own:
        await customer_files.save_file(tx, amended, before=own)
    await customer_files.note_edited(tx, file, set(changes))
    await add_access(tx, actor, "changed", file.members)
    announce(tx, events)
    return await customer_files.get_file(tx, own.id, actor)
