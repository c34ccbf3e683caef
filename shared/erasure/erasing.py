"""The erasing itself: asked for by an event, done by a job in batches, told in a receipt (P13)."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Protocol
from uuid import UUID

from shared.erasure.declaration import PersonalData
from shared.erasure.erased_customers import is_older_work_under_way, list_erased, mark_erased, save_erased
from shared.erasure.statements import BATCH, erase_mentions, erase_rows
from shared.events import ErasureRequested, Event
from shared.jobs import Done, Job, JobContext, JobKind, Outcome, Wait, request_job_once
from shared.messaging import Transaction, announce
from shared.messaging.faults import point

KIND = "erasure"
SWEEP_KIND = "late_erasure"
SWEEP_EVERY = timedelta(hours=1)
SWEPT_AT_ONCE = 100  # customers a step of a sweep looks at

Person = Mapping[str, Any]
"""What identifies a person who is no customer: its kind, and what else that kind says (a number, a name, a case)."""

FindPerson = Callable[[JobContext, UUID], Awaitable[Person | None]]
ErasePerson = Callable[[Transaction, UUID, Person], Awaitable[Sequence[str]]]
Clear = Callable[[JobContext], Awaitable[None]]
Finish = Callable[[Transaction, Event], Awaitable[None]]


class ErasureReceipt(Protocol):
    """The class of a service's receipt, an event."""

    def __call__(
        self,
        *,
        customer_id: UUID,
        erasure_id: UUID,
        person_id: UUID | None,
        erased_at: datetime,
        stores: tuple[str, ...],
    ) -> Event: ...


async def ask_profile(context: JobContext, erasure_id: UUID) -> Person | None:
    """What identifies the person of an erasure: profile keeps it until the last receipt; None when it is over."""
    person = await context.clients.get_json("profile", f"/internal/erasures/{erasure_id}/person", {})
    return None if person is None else dict(person)


async def nobody(_tx: Transaction, _customer_id: UUID, _person: Person) -> Sequence[str]:
    """For a service that knows of no persons but customers."""
    return ()


async def nothing_outside(_context: JobContext) -> None:
    """For a service that keeps nothing outside of its database."""


async def nothing_more(_tx: Transaction, _receipt: Event) -> None:
    """For a service in which nothing has to end with a customer."""


async def begin_erasures(tx: Transaction, requests: Sequence[ErasureRequested]) -> None:
    """Mark whose data is erased, and ask for the job of each, in a lane of its own; asked for again changes nothing."""
    await mark_erased(tx, requests)
    for request in requests:
        await request_job_once(
            tx, KIND, f"{request.erasure_id}:{request.customer_id}",
            {
                "erasure_id": request.erasure_id,
                "customer_id": request.customer_id,
                "person_id": request.person_id,
            },
            by="system", lane=f"{KIND}:{request.erasure_id}:{request.customer_id}",
        )  # fmt: skip


class Erasure:
    """How one service erases: its tables, its receipt, and what it does besides.

    `erase_person(tx, customer_id, person)` erases a person who is no customer, and names the stores it was in.
    `clear(context)` deletes, before the last step, what lies outside of the database and has lost its row.
    `finish(tx, receipt)` ends, in the last step, what is still going on with an erased customer.
    """

    def __init__(
        self,
        data: PersonalData,
        receipt: ErasureReceipt,
        *,
        find_person: FindPerson = ask_profile,
        erase_person: ErasePerson = nobody,
        finish: Finish = nothing_more,
        clear: Clear = nothing_outside,
    ) -> None:
        self.data = data
        self.receipt = receipt
        self.find_person = find_person
        self.erase_person = erase_person
        self.finish = finish
        self.clear = clear

    @property
    def job_kinds(self) -> Mapping[str, JobKind]:
        """For the service's table of jobs."""
        return {
            KIND: JobKind(self.erase_next_batch, prepare=self.prepare),
            SWEEP_KIND: JobKind(self.sweep_next_batch, when_due=request_sweep_when_due),
        }

    async def when_erasures_are_requested_begin_them(
        self, tx: Transaction, requests: Sequence[ErasureRequested]
    ) -> None:
        """Mark each customer and ask for the job, once however often the request comes; one that comes again with a
        backup is done again."""
        await begin_erasures(tx, requests)

    async def prepare(self, context: JobContext, job: Job) -> Person | None:
        """What lies outside of the database goes before the last step. Returns what identifies the person, where it is
        one who is no customer."""
        if job.cursor is not None and job.cursor["table"] == len(self.data.rows):
            await self.clear(context)
        if job.params["person_id"] is None:
            return None
        return await self.find_person(context, UUID(job.params["erasure_id"]))

    async def erase_next_batch(self, tx: Transaction, job: Job, person: Person | None) -> Outcome:
        """A step: up to a thousand rows; after the last row another one, which announces the receipt."""
        customer_id, erasure_id = UUID(job.params["customer_id"]), UUID(job.params["erasure_id"])
        if job.params["person_id"] is not None:
            stores = () if person is None else await self.erase_person(tx, customer_id, person)
            return await self._end(tx, job, stores)
        if job.cursor is None and await is_older_work_under_way(tx, erasure_id, customer_id):
            return Wait()
        if job.cursor is None:
            place, stores = 0, await erase_mentions(tx, self.data, [customer_id])
        else:
            place, stores = job.cursor["table"], job.cursor["stores"]
        rows = self.data.rows
        if place == len(rows):
            return await self._end(tx, job, stores)
        erased, budget = 0, BATCH
        while place < len(rows) and budget > 0:
            name, table = rows[place]
            count = await erase_rows(tx, name, table, [customer_id], budget)
            if count and name not in stores:
                stores = [*stores, name]
            erased, budget = erased + count, budget - count
            place += budget > 0  # else there may be more of this table
        point("erasure.before_commit")
        return job.next({"table": place, "stores": stores}, done=erased)

    async def _end(self, tx: Transaction, job: Job, stores: Sequence[str]) -> Outcome:
        customer_id, erasure_id = UUID(job.params["customer_id"]), UUID(job.params["erasure_id"])
        person_id = None if job.params["person_id"] is None else UUID(job.params["person_id"])
        await save_erased(tx, erasure_id, customer_id)
        receipt = self.receipt(
            customer_id=customer_id, erasure_id=erasure_id, person_id=person_id, erased_at=tx.at, stores=tuple(stores)
        )
        await self.finish(tx, receipt)
        announce(tx, [receipt])
        point("erasure.before_receipt")
        return Done()

    async def sweep_next_batch(self, tx: Transaction, job: Job) -> Outcome:
        """A step of a sweep: what was written of erased customers since is erased as well."""
        after = None if job.cursor is None else UUID(job.cursor)
        customer_ids = await list_erased(tx, after, SWEPT_AT_ONCE)
        if not customer_ids:
            return Done()
        erased = 0
        for name, table in self.data.rows:
            erased += await erase_rows(tx, name, table, customer_ids)
        await erase_mentions(tx, self.data, customer_ids)
        return job.next(str(customer_ids[-1]), done=erased)


async def request_sweep_when_due(tx: Transaction, _context: JobContext) -> None:
    """A sweep an hour, once there is somebody to sweep for."""
    if await tx.raw.fetchval("select exists (select from erased_customer where erased_at is not null)"):
        hour = int(tx.at.timestamp() // SWEEP_EVERY.total_seconds())
        await request_job_once(tx, SWEEP_KIND, str(hour), by="system")
