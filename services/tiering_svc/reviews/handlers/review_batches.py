"""A batch of customers of a run (T9, T10): screened at once, the doubtful decided one by one and folded in.

What is decided follows from `as_of`, `known_at` and the policy alone, so a run can be repeated to the letter. What
takes effect follows from all facts there are: the review gets its place in each customer's life.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from time import perf_counter
from uuid import UUID

from services.tiering_svc.core.domain.calendar import month_of
from services.tiering_svc.core.repository.business import find_business
from services.tiering_svc.core.repository.merged import has_merges
from services.tiering_svc.customers.repository import list_merged, lock_customers
from services.tiering_svc.indicators.domain.snapshot import CustomerSnapshot, requests_as_of
from services.tiering_svc.indicators.repository import order_facts as facts
from services.tiering_svc.indicators.repository import snapshots
from services.tiering_svc.policies import repository as policies
from services.tiering_svc.policies.domain.policy import Policy, Rules
from services.tiering_svc.reviews.domain.simulation import NOWHERE, SimulationCell, cells_by_key
from services.tiering_svc.reviews.repository import evaluations, screening, simulations
from services.tiering_svc.reviews.repository.evaluations import SIMULATION, EvaluationRun, Mover
from services.tiering_svc.reviews.repository.screening import ScreenedBatch, ScreeningRequest, StayingGroup
from services.tiering_svc.tiers.domain.fast_path import can_be_reviewed
from services.tiering_svc.tiers.domain.review import MOVES, ReviewDecision, review
from services.tiering_svc.tiers.domain.standing import Standing
from services.tiering_svc.tiers.domain.standing_as_of import standing_of, still_stands
from services.tiering_svc.tiers.domain.tier_changes import DecidedStanding, Decider, announced
from services.tiering_svc.tiers.domain.tier_life import TierLife
from services.tiering_svc.tiers.handlers import fold_lives_again
from services.tiering_svc.tiers.repository import group_heads, standing_as_of, standings
from shared.customers import list_members
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
    run: EvaluationRun | None = None  # as this process's last batch left it

    @classmethod
    def of(cls, context: JobContext) -> "RunMemory":
        """What this process keeps for all of its runs."""
        memory: RunMemory = context.memory.setdefault("runs", cls())
        return memory

    def find_run(self, job: Job) -> EvaluationRun | None:
        """The run as it is at this step of its job; None, where somebody else did the last one."""
        if self.run is None or (self.run.job.id, self.run.job.steps) != (job.id, job.steps):
            return None
        return self.run

    def keep(self, run: EvaluationRun) -> None:
        """The run as the step that is committed leaves it."""
        self.run = replace(run, job=replace(run.job, steps=run.job.steps + 1))

    def screened(self, seconds: float, customers: int, individual: int) -> None:
        """So many customers were screened in so long, and so many of them have to be decided individually."""
        self.batch.took(seconds, customers)
        if individual > self.individual.size:  # next time no more than can be decided
            fits = customers * self.individual.size // individual
            self.batch.size = max(self.batch.least, min(self.batch.size, fits))


@dataclass(frozen=True, slots=True)
class PreparedBatch:
    """A screened batch, and by what it is decided. The run has not changed since: else the step is not taken."""

    run: EvaluationRun
    screened: ScreenedBatch
    request: ScreeningRequest
    rules: Rules
    memory: RunMemory


@dataclass(frozen=True, slots=True)
class BatchDecision:
    """How one customer of a batch was decided, from which standing and by which snapshot."""

    before: Standing
    snapshot: CustomerSnapshot
    decision: ReviewDecision
    late: bool  # more was recorded of the customer than the decision knows


async def basis_of(tx: Transaction, run: EvaluationRun) -> tuple[ScreeningRequest, Rules]:
    """What the run decides by: its policy with its own cut-offs, its two times."""
    assert run.known_at is not None  # it has begun
    policy = evaluations.with_cutoffs(await policies.load_policy(tx, run.policy_id, run.policy_version), run)
    business = await find_business(tx)
    timeline = await policies.load_policy_timeline(tx)
    regrades = run.simulated_because is None and (policy.of_population or timeline.has_others(policy))
    request = ScreeningRequest(
        policy, run.as_of, run.known_at, month_of(run.as_of, business.zone), regrades, timeline.grades_groups
    )  # fmt: skip
    return request, Rules(policy, business.zone, new_id, run.as_of)


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
    database: Database, run: EvaluationRun, after: UUID | None, request: ScreeningRequest, memory: RunMemory
) -> ScreenedBatch:
    """A batch ends where there would be too many to be decided individually in one transaction."""
    figures = run.job.kind == SIMULATION

    async def screen_in_time(tx: Transaction) -> ScreenedBatch:
        if not screening.can_screen(request.policy):
            end = await screening.find_end(tx, after, min(memory.individual.size, memory.batch.size))
            return ScreenedBatch(after, end, [], await _list_batch(tx, after, end, request))
        began = perf_counter()
        end = await screening.find_end(tx, after, memory.batch.size)
        screened = await screening.screen(tx, request, after, end, figures=figures)
        customers = len(screened.individual) + sum(group.customers for group in screened.staying)
        memory.screened(perf_counter() - began, customers, len(screened.individual))
        return screened

    screened = await database.run(screen_in_time)
    if len(screened.individual) <= 2 * memory.individual.size or not screening.can_screen(request.policy):
        return screened
    end = screened.individual[memory.individual.size - 1]
    return await database.run(lambda tx: screening.screen(tx, request, after, end, figures=figures))


async def _list_batch(tx: Transaction, after: UUID | None, end: UUID, request: ScreeningRequest) -> list[UUID]:
    return await screening.list_batch(tx, after, end, request.as_of, request.known_at)


async def decide_batch(tx: Transaction, prepared: PreparedBatch) -> tuple[EvaluationRun, int]:
    """The run with what this batch adds to its outcomes, and how many customers were decided."""
    began = perf_counter()
    run, screened, request = prepared.run, prepared.screened, prepared.request
    rules, memory = prepared.rules, prepared.memory
    kept = dict[UUID, Standing]()
    if run.simulated_because is None:
        if await has_merges(tx):
            await lock_customers(tx, screened.individual)  # with all who are one with them
        kept = await standings.load_standings(tx, screened.individual)  # locked before anything is read of them
    decisions = await decide(
        tx, screened.individual, request, rules, run.run_id, placed_by=memory.placed_by, kept=kept
    )  # fmt: skip
    took_effect = set[UUID]()
    if run.simulated_because is None and decisions:
        took_effect = await _apply(tx, decisions, kept, run, request, rules)
    applied: Counter[str] = Counter(
        decided.decision.outcome
        for decided in decisions
        if decided.before.customer_id in took_effect and decided.decision.standing is not decided.before
    )
    movers = [
        _mover(request.policy, decided, applied=decided.before.customer_id in took_effect)
        for decided in decisions
        if decided.decision.outcome in MOVES
    ]
    await evaluations.add_movers(tx, run.run_id, movers)
    if run.job.kind == SIMULATION:
        await simulations.add_cells(tx, run.run_id, cells_of(screened.staying, decisions))
    outcomes: Counter[str] = Counter(decided.decision.outcome for decided in decisions)
    for group in screened.staying:
        outcomes[group.outcome] += group.customers
    memory.individual.took(perf_counter() - began, len(decisions))
    counted = replace(run, outcomes=Counter(run.outcomes) + outcomes, applied=Counter(run.applied) + applied)
    tx.after_commit(lambda: memory.keep(counted))
    return counted, outcomes.total()


async def decide(
    tx: Transaction, customers: Sequence[UUID], request: ScreeningRequest, rules: Rules, run_id: UUID, *,
    placed_by: dict[tuple[UUID, int], Policy], kept: Mapping[UUID, Standing],
) -> list[BatchDecision]:  # fmt: skip
    """The decision about each customer, in their order, from its standing as of the run's date as it was known. It
    follows from the run's two times and its policy alone, so it can be repeated to the letter. `placed_by`: policies
    behind standings, to which those that are missing are added. `kept`: the standings of now, of a run that takes
    effect; where one is still that of then, it decides."""
    if not customers:
        return []
    past = await standing_as_of.list_standings_as_of(tx, customers, request.as_of, request.known_at)
    for version in {(row.policy_id, row.policy_version) for row in past.values()} - placed_by.keys():
        placed_by[version] = await policies.load_policy(tx, *version)
    decider = Decider(rules.active, rules.zone, rules.new_id)
    decisions = []
    loaded, late = await _load_snapshots(tx, customers, request)
    for customer_id, snapshot in zip(customers, loaded, strict=True):
        before, now = Standing(customer_id), kept.get(customer_id)
        if (row := past.get(customer_id)) is not None:
            before = standing_of(row, placed_by[row.policy_id, row.policy_version], request.as_of)
        if now is not None and customer_id not in late and still_stands(before, now):
            before = now
        decision = review(before, snapshot, request.as_of, snapshot.last_month, decider, run_id)
        decisions.append(BatchDecision(before, snapshot, decision, customer_id in late))
    return decisions


async def _load_snapshots(
    tx: Transaction, customers: Sequence[UUID], request: ScreeningRequest
) -> tuple[list[CustomerSnapshot], AbstractSet[UUID]]:
    """What was known of these customers, in their order, and of whom more was recorded later. The sums of months give
    it for the others: who is late is looked for after the sums were read, so that nothing slips in between."""
    requests = requests_as_of(customers, request.as_of, request.policy.months)
    classes, known_at = request.policy.classes, request.known_at
    merged = await list_merged(tx, customers) if await has_merges(tx) else frozenset[UUID]()
    if classes or request.policy.together or merged:
        graded = await group_heads.load_graded_snapshots(tx, customers, request.as_of, request.policy, known_at)
        return graded, await facts.list_recorded_later(tx, customers, known_at) | merged
    sums = await facts.list_figures(tx, requests)
    loaded = [
        CustomerSnapshot(figures, request.as_of, last_month, request.policy.months) for figures, last_month in sums
    ]
    if late := await facts.list_recorded_later(tx, customers, known_at):
        positions = [position for position, customer_id in enumerate(customers) if customer_id in late]
        exact = await snapshots.load_snapshots(
            tx, [requests[position] for position in positions], classes=classes, known_at=known_at
        )  # fmt: skip
        for position, snapshot in zip(positions, exact, strict=True):
            loaded[position] = snapshot
    return loaded, late


async def _apply(
    tx: Transaction, decisions: Sequence[BatchDecision], kept: Mapping[UUID, Standing], run: EvaluationRun,
    request: ScreeningRequest, rules: Rules,
) -> set[UUID]:  # fmt: skip
    """What takes effect; returns the customers for whom the decision did. Where nothing is known of a customer after
    the run's date the kept standing is carried on; else its life is folded again, this review in its place. So is that
    of heads of groups which any policy grades together."""
    heads = await group_heads.list_heads_among(tx, list(kept)) if request.grades_groups else frozenset[UUID]()
    known_now = {}
    if request.policy.classes:  # what is no order may have been recorded later, too
        snapshots_now = await group_heads.load_graded_snapshots(tx, list(kept), run.as_of, request.policy)
        known_now = dict(zip(kept, snapshots_now, strict=True))
    carried, folded = list[DecidedStanding](), dict[UUID, BatchDecision]()
    decider, took_effect = Decider(rules.active, rules.zone, rules.new_id), set[UUID]()
    for decided in decisions:
        customer_id = decided.before.customer_id
        now, snapshot = kept[customer_id], known_now.get(customer_id, decided.snapshot)
        if decided.late or not can_be_reviewed(now, run.as_of, heads_group=customer_id in heads):
            folded[customer_id] = decided
            continue
        decision = decided.decision
        if decided.before is not now or snapshot is not decided.snapshot:
            decision = review(now, snapshot, run.as_of, snapshot.last_month, decider, run.run_id)
        if decision.standing is not now:
            changes = [decision.change] if decision.change else []
            after = decision.standing._replace(decided_until=run.as_of)
            carried.append(DecidedStanding(now, after, changes, tx.at))
        if decision.outcome == decided.decision.outcome:
            took_effect.add(customer_id)
    await standings.save_decisions(tx, carried)
    announce(tx, announced(carried, tx.at))
    lives = await fold_lives_again(tx, await _with_members(tx, folded), rules)
    for customer_id, decided in folded.items():
        if customer_id in lives and _takes_effect(decided.decision, lives[customer_id], run.run_id):
            took_effect.add(customer_id)
    return took_effect


async def _with_members(tx: Transaction, customers: Iterable[UUID]) -> dict[UUID, datetime]:
    """These customers with all who are one with them (P12), whose lives the review is part of as well."""
    members = (await list_members(tx, customers)).values()
    return {member: tx.at for of_all in members for member in of_all}


def _takes_effect(decision: ReviewDecision, life: TierLife, run_id: UUID) -> bool:
    """Whether the review comes out in the life as it was decided; a correction in the place of its row is another
    thing."""
    outcomes = {reviewed.decision.outcome for reviewed in life.reviews if reviewed.review.run_id == run_id}
    if decision.outcome not in outcomes:
        return False
    return decision.change is None or any(row.run_id == run_id for row in life.rows)


def _mover(policy: Policy, decided: BatchDecision, *, applied: bool) -> Mover:
    before, decision = decided.before, decided.decision
    graded = policy.levels[decision.graded].code
    to_tier = decision.standing.tier or graded
    return Mover(before.customer_id, decision.outcome, before.tier, to_tier, graded, applied)


def cells_of(staying: Sequence[StayingGroup], decisions: Sequence[BatchDecision]) -> list[SimulationCell]:
    """Who goes from where to where, with what they brought in the policy's window."""
    cells = [SimulationCell(group.tier or NOWHERE, group.tier or NOWHERE, *group[2:]) for group in staying]
    for decided in decisions:
        sums, from_tier, to_tier = decided.snapshot.figures, decided.before.tier, decided.decision.standing.tier
        cells.append(
            SimulationCell(
                from_tier or NOWHERE, to_tier or NOWHERE, 1, sums.amount, sums.margin, sums.margin_known_amount
            )
        )
    return list(cells_by_key(cells).values())
