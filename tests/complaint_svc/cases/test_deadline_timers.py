"""Cases in the database as time passes and tiers change: exactly once, also when things come together or again."""

import asyncio
from datetime import UTC, datetime, timedelta
from unittest.mock import Mock
from uuid import uuid4

import pytest

from services.complaint_svc.calendars.handlers import CALENDAR_RULES
from services.complaint_svc.cases.domain.step_request import StepRequest
from services.complaint_svc.cases.domain.steps import acknowledge
from services.complaint_svc.cases.handlers import (
    CaseRef,
    FilingRequest,
    file_complaint,
    take_step,
)
from services.complaint_svc.settings import business_settings
from services.complaint_svc.subscriptions import subscriptions, timers
from shared.errors import DomainError
from shared.events import ComplaintEscalated, DeadlineBreached, DeadlineWarned
from shared.messaging.database.failures import is_transient
from tests.complaint_svc.case_builders import CUSTOMER, SHIPPED, hours, utc
from tests.complaint_svc.case_requests import registered, tier
from tests.complaint_svc.invariants import INVARIANTS
from tests.complaint_svc.saved_cases import MONDAY, WRITTEN, deadlines, filed, put_in_force

SERVICE = "complaint"


pytestmark = pytest.mark.usefixtures("sound")


async def test_C3_timers_warn_breach_and_escalate_each_once_and_at_their_instants(database, deliver, announced) -> None:
    await deliver(database, subscriptions, [registered()])
    case = await filed(database, MONDAY)
    database.clock = Mock(return_value=MONDAY)  # the timers' own instants count, not when they are looked at
    await timers.fire_due(database, until=MONDAY + hours(3))
    assert (await deadlines(database, case.id))["acknowledgement"]["warned_at"] is None
    await timers.fire_due(database, until=utc("2026-11-16T12:12"))
    assert (await deadlines(database, case.id))["acknowledgement"]["warned_at"] == utc("2026-11-16T12:12")
    await timers.fire_due(database, until=utc("2026-12-31T00:00"))
    assert await timers.fire_due(database, until=utc("2027-12-31T00:00")) == 0
    events = await announced()
    assert [(e.stage, e.warned_at) for e in events if isinstance(e, DeadlineWarned)] == [
        ("acknowledgement", utc("2026-11-16T12:12")),
        ("proposal", utc("2026-11-17T13:48")),
        ("solution", utc("2026-11-19T17:00")),
    ]
    assert [(e.stage, e.breached_at) for e in events if isinstance(e, DeadlineBreached)] == [
        ("acknowledgement", utc("2026-11-16T13:00")),
        ("proposal", utc("2026-11-17T17:00")),
        ("solution", utc("2026-11-20T17:00")),
    ]
    assert [(e.escalation_level, e.escalated_at) for e in events if isinstance(e, ComplaintEscalated)] == [
        ("manager", utc("2026-11-16T13:00")),
        ("head", utc("2026-11-17T13:00")),
        ("sponsor", utc("2026-11-17T17:00")),
    ]


async def test_K11_a_rise_presses_open_deadlines_and_a_fall_leaves_them(database, deliver) -> None:
    await deliver(database, subscriptions, [registered(), tier("silver")])
    case = await filed(database, MONDAY)
    silver = await deadlines(database, case.id)
    assert silver["acknowledgement"]["due_at"] == MONDAY + hours(3)
    await deliver(database, subscriptions, [tier("gold")], at=MONDAY + hours(1))
    gold = await deadlines(database, case.id)
    assert gold["acknowledgement"]["due_at"] == MONDAY + hours(2)
    assert (gold["solution"]["tier"], silver["solution"]["tier"]) == ("gold", "silver")
    await deliver(database, subscriptions, [tier("silver")], at=MONDAY + hours(1))
    assert await deadlines(database, case.id) == gold


async def test_K11_a_rise_after_the_operator_closed_a_day_leaves_what_was_promised(database, deliver) -> None:
    await deliver(database, subscriptions, [registered()])
    case = await filed(database, MONDAY)
    assert (await deadlines(database, case.id))["proposal"]["due_at"] == utc("2026-11-17T17:00")
    closed = SHIPPED["calendar-rules"] | {"special_days": [{"day": "2026-11-17", "working": False}]}  # the Tuesday
    await put_in_force(database, MONDAY, CALENDAR_RULES, closed)
    await deliver(database, subscriptions, [tier("silver")], at=MONDAY + timedelta(minutes=30))
    line = (await deadlines(database, case.id))["proposal"]
    assert (line["tier"], line["allowance"]) == ("silver", hours(12))
    assert (line["warn_at"], line["due_at"]) == (utc("2026-11-17T13:48"), utc("2026-11-17T17:00"))
    assert (line["deadline_rules_version"], line["calendar_rules_version"]) == (1, 2)


async def test_C2_two_agents_acknowledge_at_once_and_one_of_them_did(database, deliver, announced) -> None:
    await deliver(database, subscriptions, [registered()])
    case = await filed(database, datetime.now(UTC))

    async def attempt(agent: str) -> str:
        try:
            await database.run(lambda tx: take_step(tx, CaseRef(case.id), StepRequest(tx.at, agent), acknowledge))
        except DomainError as refusal:
            return refusal.code
        return "done"

    assert sorted(await asyncio.gather(*map(attempt, ("a", "b", "c", "d")))) == ["done"] + ["step_out_of_order"] * 3
    assert len(await announced()) == 2


async def test_C3_a_step_and_its_timer_at_the_same_moment_leave_one_truth(database, deliver) -> None:
    """Several timer loops and an agent race for cases that are just falling due: met or breached, never both."""
    await deliver(database, subscriptions, [registered()])
    at = datetime.now(UTC) - timedelta(days=14)
    cases = [await filed(database, at) for _ in range(6)]

    async def fire() -> None:
        for _ in range(40):
            try:
                if await timers.fire_due(database) == 0:
                    return
            except Exception as error:
                if not is_transient(error):
                    raise
                await asyncio.sleep(0.01)

    async def work() -> None:
        for case in cases:
            await database.run(
                lambda tx, case=case: take_step(tx, CaseRef(case.id), StepRequest(tx.at, "a"), acknowledge)
            )

    await asyncio.gather(fire(), work(), fire())
    await timers.fire_due(database)
    for case in cases:
        assert (await deadlines(database, case.id))["acknowledgement"]["done_late_at"] is not None


async def test_K11_a_filing_and_a_rise_at_once_always_end_in_the_better_deadline(database, deliver) -> None:
    for _ in range(8):
        customer_id = uuid4()
        await deliver(database, subscriptions, [registered(customer_id)])
        now = datetime.now(UTC)
        case, _ = await asyncio.gather(
            filed(database, now, customer_id),
            deliver(database, subscriptions, [tier("platinum", customer_id)], at=now),
        )
        assert (await deadlines(database, case.id))["acknowledgement"]["allowance"] == hours(1)


async def test_the_history_of_a_case_can_not_be_changed_but_a_note_can_be_erased(database, deliver) -> None:
    await deliver(database, subscriptions, [registered()])
    case = await filed(database, datetime.now(UTC))
    await database.run(
        lambda tx: take_step(tx, CaseRef(case.id), StepRequest(tx.at, "a", "she was angry"), acknowledge)
    )
    for statement in (
        "delete from case_step",
        "update case_step set at = now() - interval '1 day'",
        "update case_step set done_by = 'x', note = null",
        "update case_step set note = 'she was happy'",
    ):
        with pytest.raises(Exception, match="history of a case"):
            async with database.transaction() as tx:
                await tx.raw.execute(statement)
    async with database.transaction() as tx:
        await tx.raw.execute("update case_step set note = null where case_id = $1", case.id)


async def test_C3_a_case_filed_late_is_breached_when_it_is_filed(database, deliver, announced) -> None:
    """A letter lay in a drawer: the timers need nobody to touch the case, and every instant is the one it was due."""
    await deliver(database, subscriptions, [registered()])
    now = datetime.now(UTC)
    filing, then = FilingRequest(CUSTOMER, "complaint", "normal", WRITTEN), now - timedelta(days=60)
    case = await database.run(lambda tx: file_complaint(tx, filing, StepRequest(then, "a")), at=now)
    assert (await deadlines(database, case.id))["acknowledgement"]["breached_at"] is None
    assert await timers.fire_due(database, until=now) > 0
    lines = await deadlines(database, case.id)
    assert set(lines) == {"acknowledgement", "proposal", "solution"}
    assert all(line["breached_at"] == line["due_at"] < now - timedelta(days=20) for line in lines.values())
    events = await announced()
    assert [(e.stage, e.breached_at) for e in events if isinstance(e, DeadlineBreached)] == [
        (stage, lines[stage]["due_at"]) for stage in ("acknowledgement", "proposal", "solution")
    ]
    assert [e.escalation_level for e in events if isinstance(e, ComplaintEscalated)] == ["manager", "head", "sponsor"]
    assert all(e.escalated_at < now - timedelta(days=20) for e in events if isinstance(e, ComplaintEscalated))
    assert await timers.fire_due(database, until=now + timedelta(days=60)) == 0


async def test_C3_of_a_case_filed_late_only_what_is_over_is_breached(database, deliver, announced) -> None:
    await deliver(database, subscriptions, [registered()])
    filing = FilingRequest(CUSTOMER, "complaint", "normal", WRITTEN)
    case = await database.run(
        lambda tx: file_complaint(tx, filing, StepRequest(MONDAY, "a")), at=utc("2026-11-16T15:00")
    )  # 4 h to acknowledge are over at 13:00; 16 h to propose are over tomorrow
    database.clock = Mock(return_value=utc("2026-11-16T15:00"))
    await timers.fire_due(database, until=utc("2026-11-16T15:00"))
    lines = await deadlines(database, case.id)
    assert lines["acknowledgement"]["breached_at"] == utc("2026-11-16T13:00")
    assert (lines["proposal"]["warned_at"], lines["proposal"]["breached_at"]) == (None, None)
    assert [e.escalation_level for e in await announced() if isinstance(e, ComplaintEscalated)] == ["manager"]


async def test_a_case_whose_steps_follow_is_left_alone_for_the_grace_only(database, deliver, announced) -> None:
    await deliver(database, subscriptions, [registered()])
    filing = FilingRequest(CUSTOMER, "complaint", "normal", WRITTEN, steps_follow=True)
    now = datetime.now(UTC)
    case = await database.run(lambda tx: file_complaint(tx, filing, StepRequest(now - timedelta(days=60), "a")), at=now)
    grace = business_settings().replay_grace
    await deliver(database, subscriptions, [tier("platinum")], at=now + timedelta(seconds=1))
    assert (await deadlines(database, case.id))["acknowledgement"]["due_at"] < now - timedelta(days=50)
    assert await timers.fire_due(database, until=now + grace - timedelta(seconds=1)) == 0
    await timers.fire_due(database, until=now + grace + timedelta(seconds=5))
    lines = await deadlines(database, case.id)
    assert all(line["breached_at"] == line["due_at"] < now - timedelta(days=20) for line in lines.values())
    # reported too late: what has fired stays, and is done late
    late = StepRequest(now - timedelta(days=60) + timedelta(minutes=1), "a")
    await database.run(lambda tx: take_step(tx, CaseRef(case.id), late, acknowledge), at=now + grace)
    line = (await deadlines(database, case.id))["acknowledgement"]
    assert (line["met_at"], line["done_late_at"]) == (None, late.at)


async def test_each_step_reported_after_the_fact_prolongs_the_grace(database, deliver) -> None:
    await deliver(database, subscriptions, [registered()])
    filing = FilingRequest(CUSTOMER, "complaint", "normal", WRITTEN, steps_follow=True)
    now, then = datetime.now(UTC), datetime.now(UTC) - timedelta(days=60)
    grace = business_settings().replay_grace
    case = await database.run(lambda tx: file_complaint(tx, filing, StepRequest(then, "a")), at=now)
    later = now + grace - timedelta(seconds=1)
    in_time = StepRequest(then + timedelta(minutes=1), "a")
    await database.run(lambda tx: take_step(tx, CaseRef(case.id), in_time, acknowledge), at=later)
    assert await timers.fire_due(database, until=later + grace - timedelta(seconds=1)) == 0
    assert await timers.fire_due(database, until=later + grace) > 0
    assert (await deadlines(database, case.id))["acknowledgement"]["met_at"] == in_time.at


async def test_the_invariants_find_what_is_broken(database, deliver) -> None:
    await deliver(database, subscriptions, [registered()])
    case = await filed(database, datetime.now(UTC))
    breaking = (
        "update complaint_case set status = 'accepted'",
        "update deadline set met_at = due_at + interval '1 second' where stage = 'solution'",
        "update deadline set warned_at = warn_at where stage = 'proposal'",
        "update timer set state = 'cancelled', ended_at = now()",
        "update complaint_case set escalation_level = 'head'",
    )
    for statement, (sentence, broken) in zip(breaking, INVARIANTS.items(), strict=True):
        async with database.transaction() as tx:
            await tx.raw.execute("savepoint sound")
            await tx.raw.execute(statement)
            rows = await tx.raw.fetch(broken)
            await tx.raw.execute("rollback to savepoint sound")
        assert {row["case_id"] for row in rows} == {case.id}, sentence
