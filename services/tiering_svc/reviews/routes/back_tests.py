"""Back-tests (T9): a policy replayed over the operator's own past, month by month."""

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from fastapi import Query

from services.tiering_svc.core.dependencies import not_for_partners
from services.tiering_svc.core.domain.calendar import spelled
from services.tiering_svc.core.schemas.shapes import PolicyReference
from services.tiering_svc.policies import repository as policies
from services.tiering_svc.policies.domain.policy import Policy
from services.tiering_svc.reviews.domain.back_test import SOON, months_between
from services.tiering_svc.reviews.domain.phase import Phase
from services.tiering_svc.reviews.domain.simulation import NOWHERE, ZERO, SimulationCell, levels_of
from services.tiering_svc.reviews.handlers import back_tests as handlers
from services.tiering_svc.reviews.repository import back_tests
from services.tiering_svc.reviews.repository.back_tests import MonthCell, PolicyBackTest
from services.tiering_svc.reviews.schemas.back_tests import (
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
from shared.chassis import CurrentActor, Cursor, Id, Limit, Page, Tx, allow, page_of, read_cursor, service_router
from shared.jobs.http import job_fields
from shared.messaging import Transaction

router = service_router(
    prefix="/v1/tier-policies/{policy_id}/back-tests", tags=["simulations"], dependencies=[not_for_partners]
)

BackTestOutcomeFilter = Annotated[Literal["placed", "up", "down", "grace"] | None, Query()]
NOBODY = SimulationCell(NOWHERE, NOWHERE, 0, ZERO, None, ZERO)


@router.post("", status_code=202, dependencies=[allow("evaluations:run", "policies:write")])
async def start_back_test(policy_id: Id, body: PolicyBackTestCreate, tx: Tx, actor: CurrentActor) -> PolicyBackTestRead:
    """It begins with nobody placed and reviews everybody at each month's end, as if the policy had been in force."""
    first, last = month_of_text(body.from_), month_of_text(body.to)
    back_test = await handlers.request_back_test(
        tx, policy_id, body.version, first, last, known=body.known, by=actor.subject
    )
    return await _read(tx, back_test)


@router.get("", dependencies=[allow("tiers:read")])
async def list_back_tests(policy_id: Id, tx: Tx, cursor: Cursor = None, limit: Limit = 50) -> Page[PolicyBackTestRead]:
    """Newest first."""
    after = read_cursor(cursor, UUID)
    found = await back_tests.list_back_tests(tx, policy_id, after[0] if after else None, limit + 1)
    return page_of([await _read(tx, one) for one in found], limit, lambda one: (one.id,))


@router.get("/{back_test_id}", dependencies=[allow("tiers:read")])
async def show_back_test(policy_id: Id, back_test_id: Id, tx: Tx) -> BackTestResultRead:
    """While it runs: what the customers replayed so far show."""
    back_test = await back_tests.load_back_test(tx, back_test_id, policy_id)
    policy = await policies.load_policy(tx, back_test.policy_id, back_test.policy_version)
    cells: dict[date, list[MonthCell]] = {}
    for one in await back_tests.list_cells(tx, back_test_id):
        cells.setdefault(one.month, []).append(one)
    moved = await back_tests.count_movers(tx, back_test_id)
    months = months_between(back_test.first_month, back_test.last_month)
    return BackTestResultRead(
        **dict(await _read(tx, back_test)),
        months=[
            BackTestMonthRead(
                month=spelled(month),
                cutoffs=None if back_test.cutoffs is None else back_test.cutoffs[month.isoformat()],
                levels=_levels(policy, [one.cell for one in cells.get(month, [])]),
                outcomes={outcome: customers for outcome, (customers, _) in moved.get(month, {}).items()},
                stability=_stability(moved.get(month, {}), min(SOON, len(months) - n - 1)),
            )
            for n, month in enumerate(months)
        ],
    )


@router.get("/{back_test_id}/movers", dependencies=[allow("tiers:read")])
async def list_back_test_movers(
    policy_id: Id, back_test_id: Id, tx: Tx, month: Annotated[BackTestMonth | None, Query()] = None,
    outcome: BackTestOutcomeFilter = None, cursor: Cursor = None, limit: Limit = 50,
) -> Page[BackTestMoverRead]:  # fmt: skip
    """Whom the policy would have graded otherwise in a month."""
    await back_tests.load_back_test(tx, back_test_id, policy_id)
    after = read_cursor(cursor, date, UUID)
    asked = None if month is None else month_of_text(month)
    movers = await back_tests.list_movers(tx, back_test_id, asked, outcome, after, limit + 1)
    read = [
        BackTestMoverRead(
            month=spelled(one.month), customer_id=one.customer_id, outcome=one.outcome, from_tier=one.from_tier,
            to_tier=one.to_tier, moved_back_in=None if one.moved_back_in is None else spelled(one.moved_back_in),
        )
        for one in movers
    ]  # fmt: skip
    return page_of(read, limit, lambda one: (month_of_text(one.month), one.customer_id))


@router.post("/{back_test_id}/cancellation", dependencies=[allow("evaluations:run", "policies:write")])
async def cancel_back_test(policy_id: Id, back_test_id: Id, tx: Tx, actor: CurrentActor) -> PolicyBackTestRead:
    """Stop a back-test that is waiting or running."""
    return await _read(tx, await handlers.cancel_back_test(tx, policy_id, back_test_id, actor.subject))


async def _read(tx: Transaction, one: PolicyBackTest) -> PolicyBackTestRead:
    policy = await policies.load_policy(tx, one.policy_id, one.policy_version)
    return PolicyBackTestRead(
        **job_fields(one.job),
        policy=PolicyReference(id=policy.policy_id, version=policy.version, name=policy.names),
        from_=spelled(one.first_month), to=spelled(one.last_month), every="month", known=one.known,
        known_at=one.known_at, phase=Phase.of(one.job.cursor).name,
    )  # fmt: skip


def _levels(policy: Policy, cells: list[SimulationCell]) -> list[BackTestLevelRead]:
    found = levels_of(cells, before=False)
    read = []
    for level in reversed(policy.levels):
        cell = found.get(level.code, NOBODY)
        read.append(
            BackTestLevelRead(
                tier=level.code, name=level.names, customers=cell.customers, revenue=cell.revenue, profit=cell.profit,
                profit_known_for=cell.profit_known_for,
            )
        )  # fmt: skip
    return read


def _stability(moved: dict[str, tuple[int, int]], months_watched: int) -> StabilityRead:
    ways = [moved.get("up", (0, 0)), moved.get("down", (0, 0))]
    customers, back = sum(one for one, _ in ways), sum(back for _, back in ways)
    share = format(round(100 * back / customers, 1), ".1f") if customers else None
    return StabilityRead(moved=customers, moved_back=back, share_moved_back=share, months_watched=months_watched)
