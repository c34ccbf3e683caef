"""Back-tests (T9): a policy replayed over past month-ends, a batch of customers a transaction; nothing is touched."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import partial
from time import perf_counter
from uuid import UUID
from zoneinfo import ZoneInfo

from services.tiering_svc.core.domain.calendar import MOST_MONTHS, month_of
from services.tiering_svc.core.repository.business import find_business
from services.tiering_svc.indicators.domain.snapshot import CustomerSnapshot, requests_as_of
from services.tiering_svc.indicators.repository import snapshots
from services.tiering_svc.policies import repository as policies
from services.tiering_svc.policies.domain.abc import cutoffs, cutoffs_as_data, cutoffs_from_data
from services.tiering_svc.policies.domain.policy import Policy
from services.tiering_svc.reviews.domain.back_test import BackTestMove, MonthEnd, month_end, months_between, replay
from services.tiering_svc.reviews.domain.phase import Phase, cursor
from services.tiering_svc.reviews.domain.review import MOVES
from services.tiering_svc.reviews.handlers import review_batches
from services.tiering_svc.reviews.handlers.run_steps import VALUES, values_of
from services.tiering_svc.reviews.repository import back_tests, evaluations, screening
from services.tiering_svc.reviews.repository.back_tests import (
    POLICY_BACK_TEST,
    MonthCell,
    MonthMover,
    PolicyBackTest,
)
from services.tiering_svc.reviews.repository.screening import LAST
from shared.errors import invalid
from shared.jobs import BatchSizer, Done, Job, JobContext, JobKind, Outcome, cancel_job, request_job
from shared.messaging import Database, Transaction, new_id


async def request_back_test(
    tx: Transaction, policy_id: UUID, version: int | None, first: date, last: date, *, known: str, by: str
) -> PolicyBackTest:
    """Of the newest version, if none is named. Its months are over."""
    policy = await (
        policies.load_newest(tx, policy_id) if version is None else policies.load_policy(tx, policy_id, version)
    )
    if last < first:
        raise invalid("ends_before_it_begins", "The last month is not before the first.", pointer="/to")
    if last >= month_of(tx.at, (await find_business(tx)).zone):
        raise invalid("in_the_future", "Only months that are over can be replayed.", pointer="/to")
    if len(months_between(first, last)) > MOST_MONTHS:
        raise invalid("too_many_months", f"At most {MOST_MONTHS} months.", pointer="/from")
    job = await request_job(tx, POLICY_BACK_TEST, by=by, total=await evaluations.estimate_customers(tx))
    await back_tests.add_back_test(tx, job, policy, first, last, known)
    return await back_tests.load_back_test(tx, job.id)


async def cancel_back_test(tx: Transaction, policy_id: UUID, back_test_id: UUID, by: str) -> PolicyBackTest:
    """What has been replayed so far stays to be read."""
    await back_tests.load_back_test(tx, back_test_id, policy_id)
    await cancel_job(tx, back_test_id, by=by)
    return await back_tests.load_back_test(tx, back_test_id)


@dataclass(frozen=True, slots=True)
class Prepared:
    """How many customers a batch has here; in the phase of cutting, every month's cut-offs."""

    size: BatchSizer
    cutoffs: dict[str, list[dict[str, str]]] | None = None


async def prepare_back_test_step(context: JobContext, job: Job) -> Prepared:
    size: BatchSizer = context.memory.setdefault("size", BatchSizer(review_batches.INDIVIDUAL, most=1_000))
    if Phase.of(job.cursor).name != "cutting":
        return Prepared(size)
    back_test = await context.database.run(lambda tx: back_tests.load_back_test(tx, job.id))
    return Prepared(size, await _cut(context.database, back_test))


async def take_back_test_step(tx: Transaction, job: Job, prepared: Prepared) -> Outcome:
    back_test, phase = await back_tests.load_back_test(tx, job.id), Phase.of(job.cursor)
    match phase.name:
        case "beginning":
            policy = await policies.load_policy(tx, back_test.policy_id, back_test.policy_version)
            return job.next(cursor("measuring" if policy.shares else "replaying"))
        case "measuring":
            return await _measure_batch(tx, job, back_test, phase, prepared.size)
        case "cutting":
            assert prepared.cutoffs is not None
            await back_tests.save_cutoffs(tx, job.id, prepared.cutoffs)
            return job.next(cursor("replaying"))
        case _:
            return await _replay_batch(tx, job, back_test, phase, prepared.size)


BACK_TEST = JobKind(take_back_test_step, prepare=prepare_back_test_step)


async def _measure_batch(
    tx: Transaction, job: Job, back_test: PolicyBackTest, phase: Phase, size: BatchSizer
) -> Outcome:
    """T5: what everybody had at each month's end, by which that month's cut-offs are found."""
    policy, ends, _ = await _ends(tx, back_test)
    end = await screening.find_end(tx, phase.after_customer, size.size)
    customers = await screening.list_batch(tx, phase.after_customer, end)
    known = await _known(tx, back_test, ends, customers)
    values = {month_end.month: values_of(policy, known[n]) for n, month_end in enumerate(ends)}
    await back_tests.add_values(tx, job.id, phase.after, values)
    return job.next(cursor("cutting") if end == LAST else cursor("measuring", end))


async def _cut(database: Database, back_test: PolicyBackTest) -> dict[str, list[dict[str, str]]]:
    """Each month's cut-offs. The values are read in pages, so that no transaction is long."""
    policy, ends, _ = await database.run(lambda tx: _ends(tx, back_test))
    cut: dict[str, list[dict[str, str]]] = {}
    for end in ends:
        values: list[Decimal] = []
        after: str | None = None
        read = partial(back_tests.list_values, back_test_id=back_test.back_test_id, month=end.month, limit=VALUES)
        while page := await database.run(partial(read, after=after)):
            values += [value for _, measured in page for value in measured]
            after = page[-1][0]
        cut[end.month.isoformat()] = cutoffs_as_data(
            policy.with_cutoffs(cutoffs(policy, values), back_test.back_test_id)
        )
    return cut


async def _replay_batch(
    tx: Transaction, job: Job, back_test: PolicyBackTest, phase: Phase, size: BatchSizer
) -> Outcome:
    began = perf_counter()
    _, ends, zone = await _ends(tx, back_test)
    end = await screening.find_end(tx, phase.after_customer, size.size)
    customers = await screening.list_batch(tx, phase.after_customer, end)
    known = await _known(tx, back_test, ends, customers)
    moves = [
        (customer_id, move)
        for customer_id, snapshots_of_it in zip(customers, zip(*known, strict=True), strict=True)
        for move in replay(customer_id, ends, snapshots_of_it, zone, new_id)
    ]
    await back_tests.add_cells(tx, job.id, _cells(moves))
    movers = [
        MonthMover(move.month, customer_id, move.outcome, move.from_tier, move.to_tier, move.moved_back_in)
        for customer_id, move in moves
        if move.outcome in MOVES and move.to_tier is not None
    ]
    await back_tests.add_movers(tx, job.id, movers)
    size.took(perf_counter() - began, len(customers))
    return Done(len(customers)) if end == LAST else job.next(cursor("replaying", end), done=len(customers))


async def _ends(tx: Transaction, back_test: PolicyBackTest) -> tuple[Policy, list[MonthEnd], ZoneInfo]:
    policy = await policies.load_policy(tx, back_test.policy_id, back_test.policy_version)
    zone = (await find_business(tx)).zone
    ends = []
    for month in months_between(back_test.first_month, back_test.last_month):
        its = policy
        if back_test.cutoffs is not None:
            its = policy.with_cutoffs(
                cutoffs_from_data(policy, back_test.cutoffs[month.isoformat()]), back_test.back_test_id
            )
        ends.append(MonthEnd(month, month_end(month, zone), its))
    return policy, ends, zone


async def _known(
    tx: Transaction, back_test: PolicyBackTest, ends: Sequence[MonthEnd], customers: Sequence[UUID]
) -> list[list[CustomerSnapshot]]:
    """For each month's end what was known of each customer, then or now."""

    def known_at(as_of: datetime) -> datetime:
        return as_of if back_test.known == "then" else back_test.known_at

    return [
        await snapshots.load_snapshots(
            tx, requests_as_of(customers, end.as_of, end.policy.months), classes=end.policy.classes,
            known_at=known_at(end.as_of),
        )
        for end in ends
    ]  # fmt: skip


def _cells(steps: Sequence[tuple[UUID, BackTestMove]]) -> list[MonthCell]:
    found: dict[tuple[date, str, str], MonthCell] = {}
    for _, step in steps:
        cell, back = step.cell, int(step.moved_back_in is not None)
        key = step.month, cell.from_tier, cell.to_tier
        if key in found:
            cell, back = found[key].cell.plus(cell), found[key].moved_back + back
        found[key] = MonthCell(step.month, cell, back)
    return [found[key] for key in sorted(found)]
