"""A review of the real year by brute force (T10): every customer's window added up by hand, line by line."""

from collections import defaultdict
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from services.tiering_svc.policies.domain.defaults import ABC_BY_CUSTOMERS, ABC_BY_REVENUE, STARS
from services.tiering_svc.reviews.handlers.reviews import request_review
from services.tiering_svc.reviews.repository import evaluations
from services.tiering_svc.tiers.repository.history import list_history
from tests.tiering_svc.invariants import broken_invariants
from tests.tiering_svc.real_year import RealYear
from tests.tiering_svc.runs import listed, put_in_force, to_the_end
from tests.tiering_svc.shorthand import bands_document

AS_OF = datetime(2017, 8, 31, 23, 30, tzinfo=UTC)
KNOWN_AT = datetime(2017, 9, 20, tzinfo=UTC)
NOW = datetime(2018, 1, 1, tzinfo=UTC)


def bought(year: RealYear, as_of: datetime, known_at: datetime) -> dict[UUID, dict[date, Decimal]]:
    """By customer and month of the order: what was paid, less what had been known to have come back."""
    months: dict[UUID, dict[date, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    placed_at: dict[UUID, datetime] = {}
    for line in year.lines.itertuples():
        placed_at[line.order] = line.placed_at
        if line.placed_at <= as_of and line.placed_at <= known_at:
            months[line.customer][line.placed_at.date().replace(day=1)] += line.amount
    for back in year.returns.itertuples():
        then = placed_at[back.order]
        if back.returned_at <= known_at and then <= as_of:
            months[back.customer][then.date().replace(day=1)] -= back.amount
    return months


async def run_of(database: Any, policy: UUID, *, apply: bool = False) -> evaluations.EvaluationRun:
    """At the end of the year, by what was known in September."""
    run = await database.run(
        lambda tx: request_review(tx, AS_OF, apply=apply, by="head-1", known_at=KNOWN_AT, policy=(policy, 1)), at=NOW
    )
    await to_the_end(database)
    return await database.run(lambda tx: evaluations.load_run(tx, run.run_id))


async def test_T10_a_review_of_the_real_year_equals_brute_force(real_year: RealYear, real_year_copy: Any) -> None:
    bands = (("silver", "120"), ("gold", "360"), ("platinum", "720"))
    policy, _ = await put_in_force(real_year_copy, bands_document(*bands, lowest="basic", months=2, grace_months=0))
    months = bought(real_year, AS_OF, KNOWN_AT)
    expected = []
    kept = 0
    ranks = {"basic": 0, "silver": 1, "gold": 2, "platinum": 3}
    for customer in sorted(months):
        spent = sum(months[customer].get(date(2017, month, 1), Decimal(0)) for month in (7, 8))
        graded = next((tier for tier, start in reversed(bands) if spent >= Decimal(start)), "basic")
        rows = await real_year_copy.run(lambda tx, customer=customer: list_history(tx, customer, KNOWN_AT))
        tier_then = [row for row in rows if row.starts_at <= AS_OF][-1].tier
        if ranks[graded] > ranks[tier_then]:
            expected.append((customer, "up", tier_then, graded, graded))
        elif ranks[graded] < ranks[tier_then]:
            expected.append((customer, "down", tier_then, graded, graded))
        else:
            kept += 1
    assert len({outcome for _, outcome, *_ in expected}) == 2
    assert kept
    run = await run_of(real_year_copy, policy, apply=True)
    assert run.result == "applied"
    assert await listed(real_year_copy, run) == expected
    assert run.outcomes["kept"] == kept
    assert await listed(real_year_copy, await run_of(real_year_copy, policy)) == expected
    assert await broken_invariants(real_year_copy) == []


async def test_T6_stars_of_the_real_year_equal_brute_force(real_year: RealYear, real_year_copy: Any) -> None:
    months = bought(real_year, AS_OF, KNOWN_AT)
    expected = {}
    for customer, amounts in months.items():
        weakest = min(amounts.get(date(2017, month, 1), Decimal(0)) for month in range(2, 8))
        expected[customer] = next((star for over, star in ((800, "star5"), (500, "star4"), (300, "star3"))
                                   if weakest > over), "no-star")  # fmt: skip
    run = await run_of(real_year_copy, STARS.policy_id)
    assert run.result == "simulated"
    movers = await listed(real_year_copy, run)
    assert {customer: to_tier for customer, _, _, to_tier, _ in movers} == expected
    assert {outcome for _, outcome, *_ in movers} == {"placed"}


@pytest.mark.parametrize("by", ["customers", "revenue"])
async def test_T5_classes_of_the_real_year_equal_brute_force(real_year: RealYear, real_year_copy: Any, by: str) -> None:
    spent = {c: sum(amounts.values()) for c, amounts in bought(real_year, AS_OF, KNOWN_AT).items()}
    ranked = sorted(spent, key=lambda customer: -spent[customer])
    total, so_far = sum(spent.values()), Decimal(0)
    expected = {}
    for position, customer in enumerate(ranked):
        if by == "customers":
            expected[customer] = "a" if 10 * position < len(ranked) else "b" if 10 * position < 3 * len(ranked) else "c"
        else:
            expected[customer] = "a" if so_far < total * 8 / 10 else "b" if so_far < total * 95 / 100 else "c"
        so_far += spent[customer]
    policy = ABC_BY_CUSTOMERS if by == "customers" else ABC_BY_REVENUE
    run = await run_of(real_year_copy, policy.policy_id)
    assert {customer: to_tier for customer, _, _, to_tier, _ in await listed(real_year_copy, run)} == expected
