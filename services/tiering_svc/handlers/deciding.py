"""A stretch of customers of a run (T9, T10): screened at once, the doubtful decided singly, what still fits applied.

What is decided follows from `as_of`, `known_at` and the policy alone, so a run can be repeated to the letter. What is
applied is less: only where the customer still stands as the decision found it.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from time import perf_counter
from uuid import UUID

from services.tiering_svc.domain.as_it_stood import standing_of, still_stands
from services.tiering_svc.domain.known import Known
from services.tiering_svc.domain.months import month_of
from services.tiering_svc.domain.policies import Policy
from services.tiering_svc.domain.reviews import MOVES, Reviewed, review
from services.tiering_svc.domain.simulations import NOWHERE, Cell, cells_by_key
from services.tiering_svc.domain.tier_life import Rules, Standing, endings
from services.tiering_svc.repository import as_it_stood, evaluations, known, policies, screening, simulations, standings
from services.tiering_svc.repository.evaluations import Mover, Run
from services.tiering_svc.repository.screening import LAST, Asked, Plain
from shared.messaging import Transaction, announce, new_id

STRETCH = 2_000  # customers to begin with; then as many as the time allows
SINGLY = 50
SECONDS = 0.010  # for each of the two: a transaction that locks customers shall not be felt


@dataclass(slots=True)
class Pace:
    """How much goes into one transaction, by how long the last ones took."""

    stretch: int = field(default_factory=lambda: STRETCH)
    singly: int = field(default_factory=lambda: SINGLY)

    def learn(self, screened: int, screening_took: float, decided: int, deciding_took: float) -> None:
        if screened:
            self.stretch = _towards(self.stretch, screened / max(screening_took, 1e-6), STRETCH // 20, STRETCH * 10)
        if decided >= SINGLY // 5:
            self.singly = _towards(self.singly, decided / max(deciding_took, 1e-6), SINGLY // 5, SINGLY * 20)


def _towards(now: int, a_second: float, least: int, most: int) -> int:
    """Half way to what fits; never more than twice as much at once."""
    return max(least, min(most, 2 * now, int((now + a_second * SECONDS) / 2)))


@dataclass(frozen=True, slots=True)
class Decided:
    then: Standing
    known: Known
    reviewed: Reviewed


async def basis_of(tx: Transaction, run: Run) -> tuple[Asked, Rules]:
    """What the run decides by: its policy with its own cut-offs, its two times."""
    assert run.known_at is not None  # it has begun
    policy = evaluations.with_cutoffs(await policies.load_policy(tx, run.policy_id, run.policy_version), run)
    business = await policies.find_business(tx)
    asked = Asked(policy, run.as_of, run.known_at, month_of(run.as_of, business.zone))
    return asked, Rules(policy, business.zone, new_id, run.as_of, {})


async def decide_a_stretch(tx: Transaction, run: Run, pace: Pace) -> tuple[Run, bool]:
    """The next customers in key order. Returns the run as it is now, and whether these were the last."""
    began = perf_counter()
    asked, rules = await basis_of(tx, run)
    figures = run.kind == "simulation"
    end, plain, singly = await _screen(tx, run, asked, pace, figures=figures)
    screened = perf_counter()
    decided = await decide(tx, singly, asked, rules, run.run_id)
    applied: dict[UUID, str] = {}
    if run.simulated_because is None:
        applied = await _apply(tx, decided, asked, rules, run.run_id)
    movers = [_mover(asked.policy, one, applied) for one in decided if one.reviewed.outcome in MOVES]
    await evaluations.add_movers(tx, run.run_id, movers)
    if figures:
        await simulations.add_cells(tx, run.run_id, cells_of(plain, decided))
    outcomes: Counter[str] = Counter(one.reviewed.outcome for one in decided)
    for group in plain:
        outcomes[group.outcome] += group.customers
    now = await evaluations.save_progress(tx, run, end, outcomes, Counter(applied.values()))
    pace.learn(outcomes.total(), screened - began, len(decided), perf_counter() - screened)
    return now, end == LAST


async def _screen(
    tx: Transaction, run: Run, asked: Asked, pace: Pace, *, figures: bool
) -> tuple[UUID, list[Plain], list[UUID]]:
    """A stretch ends where there would be too many to be decided singly in one transaction."""
    if not screening.is_quick(asked.policy):
        end = await screening.find_end(tx, run.cursor, min(pace.singly, pace.stretch))
        return end, [], await screening.list_stretch(tx, run.cursor, end)
    end = await screening.find_end(tx, run.cursor, pace.stretch)
    plain, singly = await screening.screen(tx, asked, run.cursor, end, figures=figures)
    if len(singly) > pace.singly:
        end = singly[pace.singly - 1]
        plain, singly = await screening.screen(tx, asked, run.cursor, end, figures=figures)
    return end, plain, singly


async def decide(tx: Transaction, customers: Sequence[UUID], asked: Asked, rules: Rules, run_id: UUID) -> list[Decided]:
    if not customers:
        return []
    stood = await as_it_stood.list_stood(tx, customers, asked.as_of, asked.known_at)
    behind = {(one.policy_id, one.policy_version) for one in stood.values()}
    placed_by = {key: await policies.load_policy(tx, *key) for key in behind}
    found = await known.list_known(
        tx, customers, [asked.as_of] * len(customers), [asked.policy.months] * len(customers),
        classes=asked.policy.classes, known_at=asked.known_at,
    )  # fmt: skip
    decided = []
    for customer_id, its in zip(customers, found, strict=True):
        then = Standing(customer_id)
        if (row := stood.get(customer_id)) is not None:
            then = standing_of(row, placed_by[row.policy_id, row.policy_version], asked.as_of, rules.zone)
        decided.append(Decided(then, its, review(then, its, asked.as_of, rules, run_id)))
    return decided


async def _apply(
    tx: Transaction, decided: Sequence[Decided], asked: Asked, rules: Rules, run_id: UUID
) -> dict[UUID, str]:
    """What takes effect, by customer. The floor and the like come from the open row, which is looked at again."""
    wanted = [one for one in decided if one.reviewed.standing is not one.then]
    locked = await standings.load_standings(tx, [one.then.customer_id for one in wanted])
    saved: list[tuple[Standing, Reviewed]] = []
    for one in wanted:
        now = locked[one.then.customer_id]
        if not still_stands(one.then, now, asked.as_of):
            continue
        open_row = now._replace(overridden_until=one.then.overridden_until)
        again = review(open_row, one.known, asked.as_of, rules, run_id)
        if again.outcome == one.reviewed.outcome:
            saved.append((now, again))
    await standings.save_standings(tx, [reviewed.standing for _, reviewed in saved])
    changes = [(now, reviewed.change) for now, reviewed in saved if reviewed.change is not None]
    ended = [ending for now, change in changes for ending in endings(now, [change])]
    await standings.save_history(tx, [change for _, change in changes], ended)
    announce(tx, [change.event(tx.at) for _, change in changes])
    return {now.customer_id: reviewed.outcome for now, reviewed in saved}


def _mover(policy: Policy, one: Decided, applied: dict[UUID, str]) -> Mover:
    graded = policy.levels[one.reviewed.graded].code
    to_tier = one.reviewed.standing.tier or graded
    customer_id = one.then.customer_id
    return Mover(customer_id, one.reviewed.outcome, one.then.tier, to_tier, graded, customer_id in applied)


def cells_of(plain: Sequence[Plain], decided: Sequence[Decided]) -> list[Cell]:
    """Who goes from where to where, with what they brought in the policy's window."""
    cells = [Cell(group.tier or NOWHERE, group.tier or NOWHERE, *group[2:]) for group in plain]
    for one in decided:
        sums, ends = one.known.figures, one.reviewed.standing.tier
        cells.append(
            Cell(one.then.tier or NOWHERE, ends or NOWHERE, 1, sums.amount, sums.margin, sums.margin_known_amount)
        )
    return list(cells_by_key(cells).values())
