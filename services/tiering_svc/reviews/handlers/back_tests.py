"""Back-tests (T9): a policy replayed over past month-ends, a batch of customers a transaction; nothing is touched."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import partial
from time import perf_counter
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from services.tiering_svc.core.domain.calendar import MOST_MONTHS, month_of
from services.tiering_svc.core.repository.business import find_business
from services.tiering_svc.indicators.domain.snapshot import CustomerSnapshot, requests_as_of
from services.tiering_svc.indicators.repository import snapshots
from services.tiering_svc.policies import repository as policies
from services.tiering_svc.policies.domain.abc import (
    counted_population,
    cutoffs,
    cutoffs_as_data,
    cutoffs_from_data,
)
from services.tiering_svc.policies.domain.policy import Policy
from services.tiering_svc.policies.domain.policy_timeline import PolicyTimeline
from services.tiering_svc.reviews.domain.back_test import (
    LISTED,
    BackTestMove,
    MonthEnd,
    ReplayedMonth,
    list_months,
    month_end,
    moves_of,
    policies_replayed,
    replay,
)
from services.tiering_svc.reviews.domain.phase import Phase, cursor
from services.tiering_svc.reviews.domain.simulation import BenefitCosts
from services.tiering_svc.reviews.handlers import review_batches
from services.tiering_svc.reviews.handlers.run_steps import VALUES, values_of
from services.tiering_svc.reviews.handlers.simulations import refuse_unknown_tiers
from services.tiering_svc.reviews.repository import back_tests, evaluations, screening
from services.tiering_svc.reviews.repository.back_tests import (
    POLICY_BACK_TEST,
    MonthCell,
    MonthMover,
    PolicyBackTest,
)
from services.tiering_svc.reviews.repository.screening import LAST
from services.tiering_svc.tiers.domain.timeline import CustomerTimeline
from services.tiering_svc.tiers.repository import timelines as timelines_of
from shared.errors import invalid
from shared.jobs import BatchSizer, Done, Job, JobContext, JobKind, Outcome, cancel_job, request_job
from shared.messaging import Database, Transaction


async def request_back_test(
    tx: Transaction, policy_id: UUID, version: int | None, first: date, last: date, *, known: str, by: str,
    costs: BenefitCosts | None = None,
) -> PolicyBackTest:  # fmt: skip
    """A back-test of a version of a policy, the newest if none is named, over months that are over. `known`: by what
    was recorded by each month's end (`then`), or by all there is (`now`); `costs`: what a year in a tier costs. Refused
    with 422 where the months are in the wrong order, not over, or too many, or a cost is of an unknown tier."""
    policy = await (
        policies.load_newest(tx, policy_id) if version is None else policies.load_policy(tx, policy_id, version)
    )
    if last < first:
        raise invalid("ends_before_it_begins", "The last month is not before the first.", pointer="/to")
    if last >= month_of(tx.at, (await find_business(tx)).zone):
        raise invalid("in_the_future", "Only months that are over can be replayed.", pointer="/to")
    if len(list_months(first, last)) > MOST_MONTHS:
        raise invalid("too_many_months", f"At most {MOST_MONTHS} months.", pointer="/from")
    if costs is not None:
        await refuse_unknown_tiers(tx, policy, costs)
    job = await request_job(tx, POLICY_BACK_TEST, by=by, total=await evaluations.estimate_customers(tx))
    await back_tests.add_back_test(tx, job, policy, first, last, known, costs)
    return await back_tests.load_back_test(tx, job.id)


async def cancel_back_test(tx: Transaction, policy_id: UUID, back_test_id: UUID, by: str) -> PolicyBackTest:
    """What has been replayed so far stays to be read."""
    await back_tests.load_back_test(tx, back_test_id, policy_id)
    await cancel_job(tx, back_test_id, by=by)
    return await back_tests.load_back_test(tx, back_test_id)


@dataclass(frozen=True, slots=True)
class PreparedBackTestStep:
    """How many customers a batch has here; in the phase of cutting, every month's cut-offs and whom they count."""

    size: BatchSizer
    cutoffs: dict[str, list[dict[str, str]]] | None = None
    populations: dict[str, Any] | None = None


async def prepare_back_test_step(context: JobContext, job: Job) -> PreparedBackTestStep:
    """The size of the next batch; in the phase of cutting, every month's cut-offs."""
    size: BatchSizer = context.memory.setdefault("size", BatchSizer(review_batches.INDIVIDUAL, most=1_000))
    if Phase.of(job.cursor).name != "cutting":
        return PreparedBackTestStep(size)
    back_test = await context.database.run(lambda tx: back_tests.load_back_test(tx, job.id))
    return PreparedBackTestStep(size, *await _find_cutoffs(context.database, back_test))


async def take_back_test_step(tx: Transaction, job: Job, prepared: PreparedBackTestStep) -> Outcome:
    """A step of a back-test: what its phase does, and the next one."""
    back_test, phase = await back_tests.load_back_test(tx, job.id), Phase.of(job.cursor)
    match phase.name:
        case "beginning":
            policy = await policies.load_policy(tx, back_test.policy_id, back_test.policy_version)
            return job.next(cursor("measuring" if policy.shares else "replaying"))
        case "measuring":
            return await _measure_batch(tx, job, back_test, phase, prepared.size)
        case "cutting":
            assert prepared.cutoffs is not None
            await back_tests.save_cutoffs(tx, job.id, prepared.cutoffs, prepared.populations or {})
            return job.next(cursor("replaying"))
        case _:
            return await _replay_batch(tx, job, back_test, phase, prepared.size)


POLICY_BACK_TESTS = JobKind(take_back_test_step, prepare=prepare_back_test_step)


async def _measure_batch(
    tx: Transaction, job: Job, back_test: PolicyBackTest, phase: Phase, size: BatchSizer
) -> Outcome:
    """T5: what everybody had at each month's end, by which that month's cut-offs are found."""
    policy, ends, _ = await _ends(tx, back_test)
    end = await screening.find_end(tx, phase.after_customer, size.size)
    customers = await screening.list_batch(tx, phase.after_customer, end, ends[-1].as_of, back_test.known_at)
    by_end = await _load_snapshots(tx, back_test, ends, customers)
    values = {
        month_end.month: await values_of(tx, policy, customers, of_end, back_test.known_by(month_end.as_of))
        for month_end, of_end in zip(ends, by_end, strict=True)
    }
    await back_tests.add_values(tx, job.id, phase.after, values)
    return job.next(cursor("cutting") if end == LAST else cursor("measuring", end))


async def _find_cutoffs(
    database: Database, back_test: PolicyBackTest
) -> tuple[dict[str, list[dict[str, str]]], dict[str, Any]]:
    """Each month's cut-offs, and whom they count. The values are read in pages, so that no transaction is long."""
    policy, ends, _ = await database.run(lambda tx: _ends(tx, back_test))
    by_month: dict[str, list[dict[str, str]]] = {}
    populations: dict[str, Any] = {}
    for end in ends:
        values: list[Decimal | None] = []
        after: str | None = None
        read = partial(back_tests.list_values, back_test_id=back_test.back_test_id, month=end.month, limit=VALUES)
        while page := await database.run(partial(read, after=after)):
            values += [value for _, measured in page for value in measured]
            after = page[-1][0]
        populations[end.month.isoformat()] = counted_population(policy, len(values))
        by_month[end.month.isoformat()] = cutoffs_as_data(
            policy.with_cutoffs(cutoffs(policy, values), back_test.back_test_id)
        )
    return by_month, populations


async def _replay_batch(
    tx: Transaction, job: Job, back_test: PolicyBackTest, phase: Phase, size: BatchSizer
) -> Outcome:
    began = perf_counter()
    _, ends, zone = await _ends(tx, back_test)
    end = await screening.find_end(tx, phase.after_customer, size.size)
    customers = await screening.list_batch(tx, phase.after_customer, end, ends[-1].as_of, back_test.known_at)
    moves = await _list_moves(tx, back_test, ends, customers, zone)
    await back_tests.add_cells(tx, job.id, _cells(moves))
    movers = [
        MonthMover(move.month, customer_id, move.outcome, move.from_tier, move.to_tier, move.moved_back_in)
        for customer_id, move in moves
        if move.outcome in LISTED and move.to_tier is not None
    ]
    await back_tests.add_movers(tx, job.id, movers)
    size.took(perf_counter() - began, len(customers))
    return Done(len(customers)) if end == LAST else job.next(cursor("replaying", end), done=len(customers))


async def _list_moves(
    tx: Transaction, back_test: PolicyBackTest, ends: Sequence[MonthEnd], customers: Sequence[UUID], zone: ZoneInfo
) -> list[tuple[UUID, BackTestMove]]:
    """Each customer's moves, by what is known now; or, each month's, by what was known at its end."""
    replayed: dict[UUID, list[ReplayedMonth]]
    if back_test.known == "now":
        policies_of_time = policies_replayed(ends, back_test.back_test_id)
        timelines = await _load_timelines(tx, customers, policies_of_time, back_test, ends[-1], back_test.known_at)
        replayed = {facts.customer_id: replay(facts, policies_of_time, ends, zone) for facts in timelines}
    else:
        replayed = {customer_id: [] for customer_id in customers}
        for number, end in enumerate(ends, 1):
            policies_of_time = policies_replayed(ends[:number], back_test.back_test_id)
            for facts in await _load_timelines(tx, customers, policies_of_time, back_test, end, end.as_of):
                replayed[facts.customer_id].append(replay(facts, policies_of_time, ends[:number], zone)[-1])
    return [(customer_id, move) for customer_id, months in replayed.items() for move in moves_of(months)]


async def _load_timelines(
    tx: Transaction, customers: Sequence[UUID], policies_of_time: PolicyTimeline, back_test: PolicyBackTest,
    last: MonthEnd, known_at: datetime,
) -> list[CustomerTimeline]:  # fmt: skip
    """What the customers ordered and sent back; what people set is left out, for it was set under another policy."""
    return await timelines_of.load_timelines(
        tx, customers, policies_of_time, last.as_of, known_at, with_privileges=False, all_of_them=True
    )  # fmt: skip


async def _ends(tx: Transaction, back_test: PolicyBackTest) -> tuple[Policy, list[MonthEnd], ZoneInfo]:
    policy = await policies.load_policy(tx, back_test.policy_id, back_test.policy_version)
    zone = (await find_business(tx)).zone
    ends = []
    for month in list_months(back_test.first_month, back_test.last_month):
        of_month = policy
        if back_test.cutoffs is not None:
            of_month = policy.with_cutoffs(
                cutoffs_from_data(policy, back_test.cutoffs[month.isoformat()]), back_test.back_test_id
            )
        ends.append(MonthEnd(month, month_end(month, zone), of_month))
    return policy, ends, zone


async def _load_snapshots(
    tx: Transaction, back_test: PolicyBackTest, ends: Sequence[MonthEnd], customers: Sequence[UUID]
) -> list[list[CustomerSnapshot]]:
    """For each month's end the snapshots of these customers, as known then or now."""
    return [
        await snapshots.load_snapshots(
            tx, requests_as_of(customers, end.as_of, end.policy.months), classes=end.policy.classes,
            known_at=back_test.known_by(end.as_of),
        )
        for end in ends
    ]  # fmt: skip


def _cells(moves: Sequence[tuple[UUID, BackTestMove]]) -> list[MonthCell]:
    by_key: dict[tuple[date, str, str], MonthCell] = {}
    for move in (move for _, move in moves if not move.at_once):
        cell, back = move.cell, int(move.moved_back_in is not None)
        key = move.month, cell.from_tier, cell.to_tier
        if key in by_key:
            cell, back = by_key[key].cell.plus(cell), by_key[key].moved_back + back
        by_key[key] = MonthCell(move.month, cell, back)
    return [by_key[key] for key in sorted(by_key)]
