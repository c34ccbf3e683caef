"""Undoing an import as a job: customer by customer, those to whom something has happened since are kept (P12)."""

from uuid import UUID

from services.profile_svc.files.repository import registration
from services.profile_svc.imports.domain.reversal import reverse
from services.profile_svc.imports.handlers.actors import actor_again
from services.profile_svc.imports.repository import customers, imports
from shared.chassis.audit import add_access
from shared.events import Event
from shared.jobs import Done, Job, JobKind, Outcome
from shared.messaging import Transaction, announce
from shared.messaging.faults import point

KIND = "customer_import_reversal"
BATCH_CUSTOMERS = 500


async def reverse_batch(tx: Transaction, job: Job) -> Outcome:
    """The step: the next customers' files go back to what they said before, or stay, with the reason kept."""
    import_id = UUID(job.params["import_id"])
    after = None if job.cursor is None else UUID(job.cursor)
    imported = await imports.list_imported(tx, import_id, after, BATCH_CUSTOMERS)
    if not imported:
        return Done()
    ids = [customer.customer_id for customer in imported]
    files = await registration.load_files(tx, ids)
    with_facts = await customers.list_with_facts(tx, ids)
    reversals = [reverse(customer, files.get(customer.customer_id), with_facts, tx.at) for customer in imported]
    restored = [reversal.file for reversal in reversals if reversal.file is not None]
    await customers.save_files(tx, restored, files)
    await customers.restore_edited(tx, {id: fields for each in reversals for id, fields in each.edited.items()})
    outcomes = {reversal.customer_id: reversal.kept_because or "undone" for reversal in reversals}
    await imports.save_reversals(tx, import_id, outcomes)
    if restored:
        await add_access(tx, actor_again(job.params["actor"]), "changed", [file.id for file in restored])
    events: list[Event] = [event for reversal in reversals for event in reversal.events]
    announce(tx, events)
    point("imports.before_commit")
    return job.next(str(ids[-1]), done=len(ids)) if len(ids) == BATCH_CUSTOMERS else Done(len(ids))


IMPORT_REVERSALS = JobKind(reverse_batch)
