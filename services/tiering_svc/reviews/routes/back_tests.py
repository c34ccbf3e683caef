"""Back-tests (T9): a policy replayed over the operator's own past, month by month."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from fastapi import Query

from services.tiering_svc.core.domain.calendar import spelled
from services.tiering_svc.core.domain.numbers import ZERO
from services.tiering_svc.core.schemas.shapes import PolicyReference
from services.tiering_svc.policies import repository as policies
from services.tiering_svc.policies.domain.policy import Policy
from services.tiering_svc.reviews.domain.back_test import PLACED_AT_ONCE, RISES, SOON, UP_AT_ONCE, list_months
from services.tiering_svc.reviews.domain.phase import Phase
from services.tiering_svc.reviews.domain.simulation import NOWHERE, BenefitCosts, SimulationCell, levels_of
from services.tiering_svc.reviews.handlers import back_tests as handlers
from services.tiering_svc.reviews.repository import back_tests
from services.tiering_svc.reviews.repository.back_tests import ClassedMover, MonthCell, PolicyBackTest
from services.tiering_svc.reviews.routes.simulations import costs_of
from services.tiering_svc.reviews.schemas.back_tests import (
    AtOnceRead,
    BackTestLevelRead,
    BackTestMonth,
    BackTestMonthRead,
    BackTestMoverRead,
    BackTestResultRead,
    PolicyBackTestCreate,
    PolicyBackTestRead,
    StabilityRead,
    month_of_text,
)
from services.tiering_svc.reviews.schemas.evaluations import PopulationRead
from services.tiering_svc.tiers.domain.review import MOVES
from shared.chassis import (
    CurrentActor,
    Cursor,
    Id,
    Limit,
    Page,
    Tx,
    allow,
    data_scope,
    page_of,
    read_cursor,
    service_router,
    staff_only,
)
from shared.chassis.audience import may_read
from shared.jobs.http import job_fields
from shared.messaging import Transaction

ExcludedFilter = Annotated[bool | None, Query(description="only movers that are excluded, or only the others")]
router = service_router(
    prefix="/v1/tier-policies/{policy_id}/back-tests", tags=["simulations"], dependencies=[staff_only]
)

BackTestOutcomeFilter = Annotated[
    Literal["placed", "up", "down", "grace", "placed_at_once", "up_at_once"] | None, Query()
]
NOBODY = SimulationCell(NOWHERE, NOWHERE, 0, ZERO, None, ZERO)


@router.post("", status_code=202, dependencies=[allow("evaluations:run", "policies:write")])
async def start_back_test(policy_id: Id, body: PolicyBackTestCreate, tx: Tx, actor: CurrentActor) -> PolicyBackTestRead:
    """Replay a policy over past months.

    Customers live as if the policy had always been in force: orders place and raise them at once where it says so, and
    everybody is reviewed at each month's end.
    """
    first, last = month_of_text(body.from_), month_of_text(body.to)
    back_test = await handlers.request_back_test(
        tx, policy_id, body.version, first, last, known=body.known, by=actor.subject, costs=costs_of(body.costs)
    )
    return await _read(tx, back_test)


@router.get("", dependencies=[allow("tiers:read")])
async def list_back_tests(policy_id: Id, tx: Tx, cursor: Cursor = None, limit: Limit = 50) -> Page[PolicyBackTestRead]:
    """The back-tests of a policy, newest first."""
    await policies.load_newest(tx, policy_id)  # there is such a policy
    after = read_cursor(cursor, UUID)
    listed = await back_tests.list_back_tests(tx, policy_id, after[0] if after else None, limit + 1)
    return page_of([await _read(tx, back_test) for back_test in listed], limit, lambda read: (read.id,))


@router.get("/{back_test_id}", dependencies=[allow("tiers:read")])
async def show_back_test(policy_id: Id, back_test_id: Id, tx: Tx, actor: CurrentActor) -> BackTestResultRead:
    """How far a back-test is, and what it shows; while it runs, of the customers replayed so far."""
    back_test = await back_tests.load_back_test(tx, back_test_id, policy_id)
    policy = await policies.load_policy(tx, back_test.policy_id, back_test.policy_version)
    cells: dict[date, list[MonthCell]] = {}
    for cell in await back_tests.list_cells(tx, back_test_id):
        cells.setdefault(cell.month, []).append(cell)
    moved, classed = await back_tests.count_movers(tx, back_test_id), await back_tests.count_classed(tx, back_test_id)
    costs = None if back_test.costs is None or not may_read(actor, "cost") else BenefitCosts.from_data(back_test.costs)
    months = list_months(back_test.first_month, back_test.last_month)
    shown = []
    for index, month in enumerate(months):
        levels = levels_of([cell.cell for cell in cells.get(month, [])], before=False)
        movers = moved.get(month, {})
        shown.append(
            BackTestMonthRead(
                month=spelled(month),
                cutoffs=None if back_test.cutoffs is None else back_test.cutoffs[month.isoformat()],
                population=_population(back_test, month),
                levels=_levels(policy, levels, costs, shows_margin=may_read(actor, "margin")),
                outcomes={outcome: customers for outcome, (customers, _) in movers.items() if outcome in MOVES},
                at_once=AtOnceRead(placed=movers.get(PLACED_AT_ONCE, (0, 0))[0], up=movers.get(UP_AT_ONCE, (0, 0))[0]),
                stability=_stability(movers, min(SOON, len(months) - index - 1)),
                cost=None if costs is None else costs.of_a_month(levels.values(), policy.months),
                key_accounts=classed.get((month, "key"), {}),
                excluded=classed.get((month, "excluded"), {}),
            )
        )
    total = None if costs is None else sum((month.cost for month in shown if month.cost is not None), ZERO)
    return BackTestResultRead(**dict(await _read(tx, back_test)), months=shown, cost=total)


@router.get("/{back_test_id}/movers", dependencies=[allow("tiers:read")])
async def list_back_test_movers(
    policy_id: Id, back_test_id: Id, tx: Tx, actor: CurrentActor,
    month: Annotated[BackTestMonth | None, Query()] = None, outcome: BackTestOutcomeFilter = None,
    key_accounts: Annotated[bool | None, Query()] = None, excluded: ExcludedFilter = None, cursor: Cursor = None,
    limit: Limit = 50,
) -> Page[BackTestMoverRead]:  # fmt: skip
    """Whom the policy would have moved in a month: orders at once, or the review at its end."""
    await back_tests.load_back_test(tx, back_test_id, policy_id)
    after = read_cursor(cursor, date, UUID, str)
    of_month = None if month is None else month_of_text(month)
    movers = await back_tests.list_movers(
        tx, back_test_id, month=of_month, outcome=outcome, key_accounts=key_accounts, excluded=excluded, after=after,
        limit=limit + 1, scope=data_scope(tx, actor),
    )  # fmt: skip
    read = [_mover(classed) for classed in movers]
    return page_of(read, limit, lambda mover: (month_of_text(mover.month), mover.customer_id, mover.outcome))


@router.post("/{back_test_id}/cancellation", dependencies=[allow("evaluations:run", "policies:write")])
async def cancel_back_test(policy_id: Id, back_test_id: Id, tx: Tx, actor: CurrentActor) -> PolicyBackTestRead:
    """Stop a back-test that is waiting or running."""
    return await _read(tx, await handlers.cancel_back_test(tx, policy_id, back_test_id, actor.subject))


async def _read(tx: Transaction, back_test: PolicyBackTest) -> PolicyBackTestRead:
    policy = await policies.load_policy(tx, back_test.policy_id, back_test.policy_version)
    return PolicyBackTestRead(
        **job_fields(back_test.job),
        policy=PolicyReference(id=policy.policy_id, version=policy.version, name=policy.names),
        from_=spelled(back_test.first_month), to=spelled(back_test.last_month), every="month", known=back_test.known,
        known_at=back_test.known_at, phase=Phase.of(back_test.job.cursor).name,
    )  # fmt: skip


def _mover(classed: ClassedMover) -> BackTestMoverRead:
    mover = classed.mover
    return BackTestMoverRead(
        month=spelled(mover.month), customer_id=mover.customer_id, outcome=mover.outcome,
        from_tier=mover.from_tier, to_tier=mover.to_tier,
        moved_back_in=None if mover.moved_back_in is None else spelled(mover.moved_back_in),
        key_account=classed.key_account, excluded=classed.excluded,
    )  # fmt: skip


def _population(back_test: PolicyBackTest, month: date) -> PopulationRead | None:
    of_month = (back_test.populations or {}).get(month.isoformat())
    return None if of_month is None else PopulationRead(**of_month)


def _levels(
    policy: Policy, by_tier: Mapping[str, SimulationCell], costs: BenefitCosts | None, *, shows_margin: bool
) -> list[BackTestLevelRead]:
    read = []
    for level in reversed(policy.levels):
        cell = by_tier.get(level.code, NOBODY)
        read.append(
            BackTestLevelRead(
                tier=level.code, name=level.names, customers=cell.customers, revenue=cell.revenue,
                profit=cell.profit if shows_margin else None,
                profit_known_for=cell.profit_known_for if shows_margin else None,
                cost=None if costs is None else costs.of_level(cell, policy.months),
            )
        )  # fmt: skip
    return read


def _stability(movers: dict[str, tuple[int, int]], months_watched: int) -> StabilityRead:
    ways = [movers.get(outcome, (0, 0)) for outcome in (*RISES, "down")]
    customers, back = sum(moved for moved, _ in ways), sum(back for _, back in ways)
    share = format(round(100 * back / customers, 1), ".1f") if customers else None
    return StabilityRead(moved=customers, moved_back=back, share_moved_back=share, months_watched=months_watched)
