"""Tier histories rewritten from any instants on: no deadline is worse than by the last one, known from the start."""

import asyncio
from datetime import datetime, timedelta
from itertools import count
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.complaint_svc.cases.domain.case import Case
from services.complaint_svc.cases.domain.step_request import StepRequest
from services.complaint_svc.cases.domain.steps import change_tiers, file_case
from services.complaint_svc.cases.handlers import FilingRequest, file_complaint
from services.complaint_svc.customers.domain import ServedCustomer, TierHistory, TierPeriod
from services.complaint_svc.deadlines.domain.deadline_rules import Allowance
from services.complaint_svc.subscriptions import subscriptions
from shared.messaging import Database
from tests import tier_tails
from tests.complaint_svc.case_builders import CASE, CUSTOMER, step_request, terms, utc
from tests.complaint_svc.case_requests import registered
from tests.complaint_svc.saved_cases import MONDAY, WRITTEN, deadlines
from tests.tier_tails import rewritten_history, row_changed, tail_changed, tier_period

SERVICE = "complaint"

TIERS = ["basic", "silver", "gold", "platinum"]
START = utc("2026-11-16T00:00")
STEP = timedelta(minutes=10)
STEPS = {None: 100, "basic": 100, "silver": 70, "gold": 50, "platinum": 40}  # a solution is promised within so many
T = terms(
    overrides={("complaint", "normal", tier or "any"): Allowance(None, None, STEP * n) for tier, n in STEPS.items()}
)


def instant(step: int) -> datetime:
    return START + STEP * step


def history_of(rows: Any) -> TierHistory:
    return TierHistory(TierPeriod(row.effective_from, row.tier) for row in rows)


def promised(rows: list[tier_tails.TierPeriod], filed_at: datetime) -> timedelta:
    """The smallest allowance of a tier that this history has at the filing or later, by looking at every row."""
    tiers = [tier_tails.tier_then(rows, filed_at), *(row.tier for row in rows if row.effective_from > filed_at)]
    return STEP * min(STEPS[tier] for tier in tiers)


@settings(max_examples=300, deadline=None)
@given(st.data(), st.integers(0, 20), st.booleans())
def test_K11_whatever_was_rewritten_no_deadline_is_worse_than_by_the_last_history(
    data: st.DataObject, filing: int, known_before: bool
) -> None:
    numbers = count(1)
    changes, histories = data.draw(rewritten_history(CUSTOMER, lambda: UUID(int=next(numbers)), instant, TIERS))
    received_at = sorted(data.draw(st.lists(st.integers(20, 60), min_size=len(changes), max_size=len(changes))))
    filed_at = instant(filing)
    first = histories[0] if known_before else []
    case, _ = file_case(
        CASE, CUSTOMER, "complaint", "normal", "call", "x", ServedCustomer(history_of(first)), step_request(filed_at), T
    )
    known = [first]
    for change, history, step in list(zip(changes, histories, received_at, strict=True))[known_before:]:
        before = the_deadline(case)
        case, _ = change_tiers(case, history_of(change.periods), instant(step), T)
        known.append(history)
        assert the_deadline(case).due_at <= before.due_at, "never later"
        if the_deadline(case).breached_at is not None:
            assert the_deadline(case).breached_at < instant(step)  # over before it was heard: nothing betters it
            return
        assert the_deadline(case).allowance == min(promised(rows, filed_at) for rows in known)
    by_the_last = promised(histories[-1], filed_at)
    assert the_deadline(case).allowance <= by_the_last
    grace = (
        instant(received_at[-1]) + by_the_last / 5
    )  # what follows the warning is given, where the rest was gone already
    assert the_deadline(case).due_at <= max(filed_at + by_the_last, grace)


def the_deadline(case: Case) -> Any:
    [deadline] = case.deadlines
    return deadline


async def filed_for(database: Database, then: datetime, now: datetime = MONDAY) -> Case:
    """A case that is reported now and was filed then."""
    filing = FilingRequest(CUSTOMER, "complaint", "normal", WRITTEN)
    return await database.run(lambda tx: file_complaint(tx, filing, StepRequest(then, "agent-1")), at=now)


def ago(days: float) -> datetime:
    return MONDAY - timedelta(days=days)


def rows(*periods: tuple[str, float]) -> list[tier_tails.TierPeriod]:
    return [tier_period(UUID(int=int(d * 10) + 1), tier, TIERS.index(tier), ago(d)) for tier, d in periods]


@pytest.mark.usefixtures("sound")
async def test_C3_a_case_of_a_past_instant_is_promised_by_the_tier_of_that_instant(database, deliver) -> None:
    await deliver(database, subscriptions, [tail_changed(CUSTOMER, *rows(("gold", 30), ("silver", 10), ("basic", 3)))])
    for then, tier in ((5, "silver"), (20, "gold"), (1, "basic"), (40, "gold")):
        case = await filed_for(database, ago(then))
        assert (await deadlines(database, case.id))["solution"]["tier"] == tier, then
    assert case.tier is None, "before its first tier it had none; the gold that came after betters the promise"


@pytest.mark.usefixtures("sound")
async def test_K11_a_tier_of_the_past_that_turns_out_better_betters_and_a_worse_one_worsens_nothing(
    database, deliver
) -> None:
    await deliver(database, subscriptions, [registered(), tail_changed(CUSTOMER, *rows(("basic", 30)))])
    case = await filed_for(database, MONDAY)
    better = tail_changed(CUSTOMER, *rows(("basic", 30), ("gold", 2)))
    await deliver(database, subscriptions, [better], at=MONDAY + timedelta(hours=1))
    gold = await deadlines(database, case.id)
    assert {line["tier"] for line in gold.values()} == {"gold"}
    over = tail_changed(CUSTOMER, *rows(("platinum", 9), ("basic", 5)))  # it had ended before the case was filed
    for tail in (over, tail_changed(CUSTOMER, *rows(("basic", 30)))):
        await deliver(database, subscriptions, [tail], at=MONDAY + timedelta(hours=1))
        assert await deadlines(database, case.id) == gold


@pytest.mark.usefixtures("sound")
async def test_C3_a_customer_known_by_its_tier_alone_has_the_deadlines_of_its_tier(database, deliver) -> None:
    """A prospect that was placed by a person has a tier before it buys anything."""
    override = row_changed(CUSTOMER, UUID(int=1), "platinum", 3, ago(1), kind="override")
    await deliver(database, subscriptions, [override])
    case = await filed_for(database, MONDAY)
    assert case.tier == "platinum"
    assert {line["tier"] for line in (await deadlines(database, case.id)).values()} == {"platinum"}


@pytest.mark.usefixtures("sound")
async def test_K8_the_copy_is_the_last_history_however_its_tails_are_cut_into_batches(database, deliver) -> None:
    loop = asyncio.get_running_loop()

    async def copied(batches: list[list[Any]]) -> list[tuple[Any, ...]]:
        await database.run(lambda tx: tx.raw.execute("truncate customer, tier_copy"))
        for batch in batches:
            await deliver(database, subscriptions, batch)
        query = "select effective_from, tier, rank from tier_copy order by effective_from"
        return [tuple(row) for row in await database.run(lambda tx: tx.raw.fetch(query))]

    @settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.data())
    def holds(data: st.DataObject) -> None:
        numbers = count(1)
        changes, histories = data.draw(rewritten_history(CUSTOMER, lambda: UUID(int=next(numbers)), instant, TIERS))
        batches: list[list[Any]] = [[]]
        for change in changes:
            batches[-1] += [change] * data.draw(st.integers(1, 2))
            if data.draw(st.booleans()):
                batches.append([])
        copy = asyncio.run_coroutine_threadsafe(copied(batches), loop).result()
        assert copy == [(row.effective_from, row.tier, row.rank) for row in histories[-1]]

    await asyncio.to_thread(holds)


@pytest.mark.usefixtures("sound")
async def test_P12_a_tier_that_is_withdrawn_leaves_no_period_and_lengthens_no_deadline(database, deliver) -> None:
    """It had the tier only as one with another, which was undone: what was promised stays, and nothing new is."""
    [gold] = rows(("gold", 1))
    await deliver(database, subscriptions, [tail_changed(CUSTOMER, gold)])
    case = await filed_for(database, ago(0))
    before = await promises(database, case)
    withdrawn = tail_changed(CUSTOMER, gold).model_copy(update={"periods": (), "withdrawn": True})
    await deliver(database, subscriptions, [withdrawn])
    assert await promises(database, case) == before
    assert before["solution"][1] == "gold"
    assert await database.run(lambda tx: tx.raw.fetchval("select count(*) from tier_copy")) == 0
    assert (await filed_for(database, ago(0))).tier is None


async def promises(database: Database, case: Case) -> dict[str, tuple[datetime, str]]:
    """Of each stage by when it is owed, and by which tier."""
    return {stage: (row["due_at"], row["tier"]) for stage, row in (await deadlines(database, case.id)).items()}
