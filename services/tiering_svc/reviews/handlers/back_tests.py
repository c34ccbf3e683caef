"""Back-tests (T9): a policy replayed over past month-ends, a chunk of customers a transaction; nothing is touched."""

import asyncio
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from functools import partial
from time import perf_counter
from uuid import UUID
from zoneinfo import ZoneInfo

from services.tiering_svc.core.domain.calendar import MOST_MONTHS, month_of
from services.tiering_svc.core.handlers.background import BACK_TESTS, Parts, work
from services.tiering_svc.core.repository.business import find_business
from services.tiering_svc.indicators.domain.snapshot import CustomerSnapshot, requests_as_of
from services.tiering_svc.indicators.repository import snapshots
from services.tiering_svc.policies import repository as policies
from services.tiering_svc.policies.domain.abc import cutoffs, cutoffs_as_data, cutoffs_from_data
from services.tiering_svc.policies.domain.policy import Policy
from services.tiering_svc.reviews.domain.back_test import BackTestMove, MonthEnd, month_end, months_between, replay
from services.tiering_svc.reviews.domain.review import MOVES
from services.tiering_svc.reviews.handlers.review_batches import BatchSizer
from services.tiering_svc.reviews.handlers.reviews import VALUES
from services.tiering_svc.reviews.repository import back_tests, screening
from services.tiering_svc.reviews.repository.back_tests import MonthCell, MonthMover, PolicyBackTest
from services.tiering_svc.reviews.repository.screening import LAST
from shared.errors import conflict, invalid
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
    back_test_id = new_id()
    await back_tests.add_back_test(tx, back_test_id, policy, first, last, known, by)
    tx.wake(BACK_TESTS)
    return await back_tests.load_back_test(tx, back_test_id)


async def cancel_back_test(tx: Transaction, policy_id: UUID, back_test_id: UUID, by: str) -> PolicyBackTest:
    """What has been replayed so far stays to be read."""
    back_test = await back_tests.load_back_test(tx, back_test_id, policy_id, lock=True)
    if back_test.finished_at is not None:
        raise conflict("already_finished", "The back-test has come to its end.")
    await back_tests.save_finished(tx, back_test_id, "cancelled", cancelled_by=by)
    return await back_tests.load_back_test(tx, back_test_id)


async def work_on_back_tests(service: Parts, stop: asyncio.Event) -> None:
    pace = BatchSizer()
    await work(BACK_TESTS, lambda: advance(service.database, pace), service, stop)


async def advance(database: Database, pace: BatchSizer | None = None) -> bool:
    """One step of the oldest unfinished back-test. False: there is none."""
    back_test = await database.run(back_tests.find_unfinished)
    if back_test is None:
        return False
    pace = pace or BatchSizer()
    if back_test.status == "measuring" and back_test.cursor == LAST:
        return await _cut(database, back_test)
    step = _measure if back_test.status == "measuring" else _replay
    return await database.run(lambda tx: step(tx, back_test, pace))


async def _lock(tx: Transaction, seen: PolicyBackTest) -> PolicyBackTest | None:
    """None: another replica was here, or somebody has cancelled it."""
    back_test = await back_tests.lock_back_test(tx, seen.back_test_id)
    if back_test is None or (back_test.status, back_test.cursor) != (seen.status, seen.cursor):
        return None
    return back_test


async def _measure(tx: Transaction, seen: PolicyBackTest, pace: BatchSizer) -> bool:
    """T5: what everybody had at each month's end, by which that month's cut-offs are found."""
    if (back_test := await _lock(tx, seen)) is None:
        return True
    policy, ends, _ = await _ends(tx, back_test)
    end = await screening.find_end(tx, back_test.cursor, pace.singly)
    customers = await screening.list_batch(tx, back_test.cursor, end)
    found = await _known(tx, back_test, ends, customers)
    values = {
        one.month: [Decimal(value) for its in found[n] if (value := policy.measure(its)) is not None]
        for n, one in enumerate(ends)
    }
    await back_tests.add_values(tx, back_test.back_test_id, back_test.cursor, values)
    await back_tests.save_cursor(tx, back_test.back_test_id, end)
    return True


async def _cut(database: Database, back_test: PolicyBackTest) -> bool:
    """Each month's cut-offs. The values are read in parts, so that no transaction is long."""
    policy, ends, _ = await database.run(lambda tx: _ends(tx, back_test))
    found: dict[str, list[dict[str, str]]] = {}
    for one in ends:
        values: list[Decimal] = []
        after: str | None = None
        read = partial(back_tests.list_values, back_test_id=back_test.back_test_id, month=one.month, limit=VALUES)
        while page := await database.run(partial(read, after=after)):
            values += [value for _, part in page for value in part]
            after = page[-1][0]
        found[one.month.isoformat()] = cutoffs_as_data(
            policy.with_cutoffs(cutoffs(policy, values), back_test.back_test_id)
        )

    async def save(tx: Transaction) -> bool:
        if await _lock(tx, back_test) is not None:
            await back_tests.save_cutoffs(tx, back_test.back_test_id, found)
        return True

    return await database.run(save)


async def _replay(tx: Transaction, seen: PolicyBackTest, pace: BatchSizer) -> bool:
    if (back_test := await _lock(tx, seen)) is None:
        return True
    began = perf_counter()
    _, ends, zone = await _ends(tx, back_test)
    end = await screening.find_end(tx, back_test.cursor, pace.singly)
    customers = await screening.list_batch(tx, back_test.cursor, end)
    found = await _known(tx, back_test, ends, customers)
    steps = [
        (customer_id, step)
        for customer_id, its in zip(customers, zip(*found, strict=True), strict=True)
        for step in replay(customer_id, ends, its, zone, new_id)
    ]
    await back_tests.add_cells(tx, back_test.back_test_id, _cells(steps))
    movers = [
        MonthMover(step.month, customer_id, step.outcome, step.from_tier, step.to_tier, step.moved_back_in)
        for customer_id, step in steps
        if step.outcome in MOVES and step.to_tier is not None
    ]
    await back_tests.add_movers(tx, back_test.back_test_id, movers)
    await back_tests.save_cursor(tx, back_test.back_test_id, end, len(customers))
    if end == LAST:
        await back_tests.save_finished(tx, back_test.back_test_id, "finished")
    pace.decided_in(perf_counter() - began, len(customers))
    return True


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
