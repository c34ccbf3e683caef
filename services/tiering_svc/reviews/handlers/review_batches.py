"""A batch of customers of a run (T9, T10): screened at once, the doubtful decided singly, what still fits applied.

What is decided follows from `as_of`, `known_at` and the policy alone, so a run can be repeated to the letter. What is
applied is less: only where the customer still stands as the decision found it.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from time import perf_counter
from uuid import UUID

from services.tiering_svc.core.domain.calendar import month_of
from services.tiering_svc.core.repository.business import find_business
from services.tiering_svc.indicators.domain.snapshot import CustomerSnapshot, requests_as_of
from services.tiering_svc.indicators.repository import order_facts as facts
from services.tiering_svc.indicators.repository import snapshots
from services.tiering_svc.policies import repository as policies
from services.tiering_svc.policies.domain.policy import Policy, Rules
from services.tiering_svc.reviews.domain.review import MOVES, Reviewed, review
from services.tiering_svc.reviews.domain.simulation import NOWHERE, SimulationCell, cells_by_key
from services.tiering_svc.reviews.repository import evaluations, screening, simulations
from services.tiering_svc.reviews.repository.evaluations import SIMULATION, Mover, Run
from services.tiering_svc.reviews.repository.screening import Plain, Screened, ScreeningRequest
from services.tiering_svc.tiers.domain.standing import Standing
from services.tiering_svc.tiers.domain.standing_as_of import standing_at, standing_of, still_stands
from services.tiering_svc.tiers.domain.tier_changes import DecidedStanding, announced
from services.tiering_svc.tiers.handlers import follow_later_orders
from services.tiering_svc.tiers.repository import standing_as_of as as_it_stood
from services.tiering_svc.tiers.repository import standings
from shared.jobs import BatchSizer, Job, JobContext
from shared.messaging import Database, Transaction, announce, new_id

BATCH = 500  # customers to begin with (a connection's first statements cost more); then as many as the time allows
INDIVIDUAL = 10


@dataclass(slots=True)
class RunMemory:
    """What a process keeps between the batches of its runs: how many fit, and what does not change in between."""

    batch: BatchSizer = field(default_factory=lambda: BatchSizer(BATCH))
    individual: BatchSizer = field(default_factory=lambda: BatchSizer(INDIVIDUAL, most=1_000))
    basis: "tuple[UUID, ScreeningRequest, Rules] | None" = None
    placed_by: dict[tuple[UUID, int], Policy] = field(default_factory=dict)  # versions are never changed
    run: Run | None = None  # as this process's last batch left it

    @classmethod
    def of(cls, context: JobContext) -> "RunMemory":
        memory: RunMemory = context.memory.setdefault("runs", cls())
        return memory

    def find_run(self, job: Job) -> Run | None:
        """The run as it is at this step of its job; None, where somebody else did the last one."""
        if self.run is None or (self.run.job.id, self.run.job.steps) != (job.id, job.steps):
            return None
        return self.run

    def keep(self, run: Run) -> None:
        self.run = replace(run, job=replace(run.job, steps=run.job.steps + 1))

    def screened(self, seconds: float, customers: int, individual: int) -> None:
        self.batch.took(seconds, customers)
        if individual > self.individual.size:  # next time no more than can be decided
            fits = customers * self.individual.size // individual
            self.batch.size = max(self.batch.least, min(self.batch.size, fits))


@dataclass(frozen=True, slots=True)
class PreparedBatch:
    """A screened batch, and by what it is decided. The run stays as it was seen: else the step is not taken."""

    run: Run
    screened: Screened
    request: ScreeningRequest
    rules: Rules
    memory: RunMemory


@dataclass(frozen=True, slots=True)
class BatchDecision:
    then: Standing
    known: CustomerSnapshot
    reviewed: Reviewed
    fits: bool  # the customer still stands as the decision found it


async def basis_of(tx: Transaction, run: Run) -> tuple[ScreeningRequest, Rules]:
    """What the run decides by: its policy with its own cut-offs, its two times."""
    assert run.known_at is not None  # it has begun
    policy = evaluations.with_cutoffs(await policies.load_policy(tx, run.policy_id, run.policy_version), run)
    business = await find_business(tx)
    asked = ScreeningRequest(policy, run.as_of, run.known_at, month_of(run.as_of, business.zone))
    return asked, Rules(policy, business.zone, new_id, run.as_of, {})


async def screen_next_batch(context: JobContext, job: Job, after: UUID | None) -> PreparedBatch:
    """The customers after the last one decided. What is screened follows from the run's two times: it needs no locks,
    and transactions of its own keep that in which customers are locked short."""
    memory = RunMemory.of(context)
    run = memory.find_run(job)
    if run is None:
        run = await context.database.run(lambda tx: evaluations.load_run(tx, job.id))
    if memory.basis is None or memory.basis[0] != run.run_id:
        memory.basis = run.run_id, *await context.database.run(partial(basis_of, run=run))
    _, request, rules = memory.basis
    screened = await _screen(context.database, run, after, request, memory)
    return PreparedBatch(run, screened, request, rules, memory)


async def _screen(
    database: Database, run: Run, after: UUID | None, request: ScreeningRequest, memory: RunMemory
) -> Screened:
    """A batch ends where there would be too many to be decided individually in one transaction."""
    figures = run.job.kind == SIMULATION

    async def look(tx: Transaction) -> Screened:
        if not screening.is_quick(request.policy):
            end = await screening.find_end(tx, after, min(memory.individual.size, memory.batch.size))
            return Screened(after, end, [], await screening.list_batch(tx, after, end))
        began = perf_counter()
        end = await screening.find_end(tx, after, memory.batch.size)
        screened = await screening.screen(tx, request, after, end, figures=figures)
        customers = len(screened.singly) + sum(group.customers for group in screened.plain)
        memory.screened(perf_counter() - began, customers, len(screened.singly))
        return screened

    screened = await database.run(look)
    if len(screened.singly) <= 2 * memory.individual.size or not screening.is_quick(request.policy):
        return screened
    end = screened.singly[memory.individual.size - 1]
    return await database.run(lambda tx: screening.screen(tx, request, after, end, figures=figures))


async def decide_batch(tx: Transaction, prepared: PreparedBatch) -> tuple[Run, int]:
    """The run with what this batch adds to its outcomes, and how many customers were decided."""
    began = perf_counter()
    run, screened, request = prepared.run, prepared.screened, prepared.request
    rules, memory = prepared.rules, prepared.memory
    open_rows = None
    if run.simulated_because is None:
        open_rows = await standings.load_standings(tx, screened.singly)
    decided = await decide(
        tx, screened.singly, request, rules, run.run_id, open_rows=open_rows, placed_by=memory.placed_by
    )
    applied = await _apply(tx, decided, run, rules)
    movers = [_mover(request.policy, decision) for decision in decided if decision.reviewed.outcome in MOVES]
    await evaluations.add_movers(tx, run.run_id, movers)
    if run.job.kind == SIMULATION:
        await simulations.add_cells(tx, run.run_id, cells_of(screened.plain, decided))
    outcomes: Counter[str] = Counter(decision.reviewed.outcome for decision in decided)
    for group in screened.plain:
        outcomes[group.outcome] += group.customers
    memory.individual.took(perf_counter() - began, len(decided))
    counted = replace(run, outcomes=Counter(run.outcomes) + outcomes, applied=Counter(run.applied) + applied)
    tx.after_commit(lambda: memory.keep(counted))
    return counted, outcomes.total()


async def decide(
    tx: Transaction, customers: Sequence[UUID], asked: ScreeningRequest, rules: Rules, run_id: UUID, *,
    open_rows: Mapping[UUID, Standing] | None, placed_by: dict[tuple[UUID, int], Policy],
) -> list[BatchDecision]:  # fmt: skip
    """Each from where it stood then. Where it still stands there, the open row decides: it knows its floor, too."""
    if not customers:
        return []
    stood = await as_it_stood.list_stood(tx, customers, asked.as_of, asked.known_at)
    for behind in {(one.policy_id, one.policy_version) for one in stood.values()} - placed_by.keys():
        placed_by[behind] = await policies.load_policy(tx, *behind)
    seen = await _look(tx, customers, asked)
    decided = []
    for customer_id, its in zip(customers, seen, strict=True):
        then, fits = Standing(customer_id), False
        if (row := stood.get(customer_id)) is not None:
            then = standing_of(row, placed_by[row.policy_id, row.policy_version], asked.as_of, rules.zone)
        if open_rows is not None and still_stands(then, open_rows[customer_id], asked.as_of):
            then, fits = standing_at(open_rows[customer_id], asked.as_of), True
        decided.append(BatchDecision(then, its, review(then, its, asked.as_of, rules, run_id), fits))
    return decided


async def _look(tx: Transaction, customers: Sequence[UUID], asked: ScreeningRequest) -> list[CustomerSnapshot]:
    """What was known of these customers. The sums of months tell it, but for those of whom more was recorded later:
    looked for after the sums were read, so that nothing slips in between."""
    requests = requests_as_of(customers, asked.as_of, asked.policy.months)
    classes, known_at = asked.policy.classes, asked.known_at
    if classes:
        return await snapshots.load_snapshots(tx, requests, classes=classes, known_at=known_at)
    sums = await facts.list_figures(tx, requests)
    seen = [CustomerSnapshot(figures, asked.as_of, last_month, asked.policy.months) for figures, last_month in sums]
    if late := await facts.list_recorded_later(tx, customers, known_at):
        places = [place for place, customer_id in enumerate(customers) if customer_id in late]
        exactly = [requests[place] for place in places]
        exact = await snapshots.load_snapshots(tx, exactly, classes=classes, known_at=known_at)
        for place, snapshot in zip(places, exact, strict=True):
            seen[place] = snapshot
    return seen


async def _apply(tx: Transaction, decided: Sequence[BatchDecision], run: Run, rules: Rules) -> Counter[str]:
    """What takes effect, by outcome; and what orders after `as_of`, counted before this, make of it."""
    saved = [one for one in decided if one.fits and one.reviewed.standing is not one.then]
    reviewed = [(one.reviewed.standing, [one.reviewed.change] if one.reviewed.change else []) for one in saved]
    followed = await follow_later_orders(tx, reviewed, run.as_of, rules) if saved else []
    decisions = [
        DecidedStanding(one.then, after, changes, tx.at) for one, (after, changes) in zip(saved, followed, strict=True)
    ]
    await standings.save_decisions(tx, decisions)
    announce(tx, announced(decisions, tx.at))
    return Counter(one.reviewed.outcome for one in saved)


def _mover(policy: Policy, one: BatchDecision) -> Mover:
    graded = policy.levels[one.reviewed.graded].code
    to_tier = one.reviewed.standing.tier or graded
    return Mover(one.then.customer_id, one.reviewed.outcome, one.then.tier, to_tier, graded, one.fits)


def cells_of(plain: Sequence[Plain], decided: Sequence[BatchDecision]) -> list[SimulationCell]:
    """Who goes from where to where, with what they brought in the policy's window."""
    cells = [SimulationCell(group.tier or NOWHERE, group.tier or NOWHERE, *group[2:]) for group in plain]
    for one in decided:
        sums, ends = one.known.figures, one.reviewed.standing.tier
        cells.append(
            SimulationCell(
                one.then.tier or NOWHERE, ends or NOWHERE, 1, sums.amount, sums.margin, sums.margin_known_amount
            )
        )
    return list(cells_by_key(cells).values())
