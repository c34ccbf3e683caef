"""A stretch of customers of a run (T9, T10): screened at once, the doubtful decided singly, what still fits applied.

What is decided follows from `as_of`, `known_at` and the policy alone, so a run can be repeated to the letter. What is
applied is less: only where the customer still stands as the decision found it.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
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
from services.tiering_svc.reviews.repository.evaluations import Mover, Run
from services.tiering_svc.reviews.repository.screening import Plain, Screened, ScreeningRequest
from services.tiering_svc.tiers.domain.standing import Standing
from services.tiering_svc.tiers.domain.standing_as_of import standing_at, standing_of, still_stands
from services.tiering_svc.tiers.domain.tier_changes import DecidedStanding, announced
from services.tiering_svc.tiers.handlers import follow_later_orders
from services.tiering_svc.tiers.repository import standing_as_of as as_it_stood
from services.tiering_svc.tiers.repository import standings
from shared.messaging import Database, Transaction, announce, new_id

BATCH = 500  # customers to begin with (a connection's first statements cost more); then as many as the time allows
INDIVIDUAL = 10
LEAST = 5
SECONDS = 0.010  # for a transaction: those who wait for one of its customers shall not feel it


@dataclass(slots=True)
class BatchSizer:
    """How much goes into one transaction, by how long the last ones took; and what does not change in between."""

    stretch: int = field(default_factory=lambda: BATCH)
    singly: int = field(default_factory=lambda: INDIVIDUAL)
    seen: Run | None = None  # as this process left it
    basis: "tuple[UUID, ScreeningRequest, Rules] | None" = None
    placed_by: dict[tuple[UUID, int], Policy] = field(default_factory=dict)  # versions are never changed

    def screened_in(self, seconds: float, customers: int, singly: int) -> None:
        self.stretch = _towards(self.stretch, customers, seconds, most=20_000)
        if singly > self.singly:  # next time no more than can be decided
            self.stretch = max(LEAST, min(self.stretch, customers * self.singly // singly))

    def decided_in(self, seconds: float, customers: int) -> None:
        if customers >= LEAST:
            self.singly = _towards(self.singly, customers, seconds, most=1_000)


def _towards(now: int, customers: int, seconds: float, *, most: int) -> int:
    """Half way to what fits; never more than twice as much at once."""
    fits = customers * SECONDS / max(seconds, 1e-6)
    return max(LEAST, min(most, 2 * now, int((now + fits) / 2)))


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


async def next_batch(database: Database, run: Run, pace: BatchSizer) -> Screened:
    """The customers after the cursor. What is screened follows from the run's two times: it needs no locks, and a
    transaction of its own keeps that in which customers are locked short."""
    if pace.basis is None or pace.basis[0] != run.run_id:
        pace.basis = run.run_id, *await database.run(lambda tx: basis_of(tx, run))
    return await _screen(database, run, run.cursor, pace.basis[1], pace)


async def _screen(
    database: Database, run: Run, after: UUID | None, asked: ScreeningRequest, pace: BatchSizer
) -> Screened:
    """A stretch ends where there would be too many to be decided singly in one transaction."""

    async def look(tx: Transaction) -> Screened:
        if not screening.is_quick(asked.policy):
            end = await screening.find_end(tx, after, min(pace.singly, pace.stretch))
            return Screened(after, end, [], await screening.list_batch(tx, after, end))
        began = perf_counter()
        end = await screening.find_end(tx, after, pace.stretch)
        found = await screening.screen(tx, asked, after, end, figures=run.kind == "simulation")
        customers = len(found.singly) + sum(group.customers for group in found.plain)
        pace.screened_in(perf_counter() - began, customers, len(found.singly))
        return found

    found = await database.run(look)
    if len(found.singly) <= 2 * pace.singly or not screening.is_quick(asked.policy):
        return found
    end = found.singly[pace.singly - 1]
    return await database.run(lambda tx: screening.screen(tx, asked, after, end, figures=run.kind == "simulation"))


async def decide_batch(tx: Transaction, run: Run, found: Screened, pace: BatchSizer) -> Run:
    """Returns the run as it is now."""
    began = perf_counter()
    assert pace.basis is not None
    _, asked, rules = pace.basis
    open_rows = None
    if run.simulated_because is None:
        open_rows = await standings.load_standings(tx, found.singly)
    decided = await decide(tx, found.singly, asked, rules, run.run_id, open_rows=open_rows, placed_by=pace.placed_by)
    applied = await _apply(tx, decided, run, rules)
    movers = [_mover(asked.policy, one) for one in decided if one.reviewed.outcome in MOVES]
    await evaluations.add_movers(tx, run.run_id, movers)
    if run.kind == "simulation":
        await simulations.add_cells(tx, run.run_id, cells_of(found.plain, decided))
    outcomes: Counter[str] = Counter(one.reviewed.outcome for one in decided)
    for group in found.plain:
        outcomes[group.outcome] += group.customers
    now = await evaluations.save_progress(tx, run, found.end, outcomes, applied)
    pace.decided_in(perf_counter() - began, len(decided))
    return now


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
