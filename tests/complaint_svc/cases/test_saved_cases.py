"""What the database holds is what the rules decided: any commands through the handlers, beside the pure rules."""

import random
from collections.abc import Callable
from dataclasses import fields, replace
from datetime import datetime, timedelta
from unittest.mock import Mock

import pytest

from services.complaint_svc.cases import repository
from services.complaint_svc.cases.domain.case import Case
from services.complaint_svc.cases.domain.elapsed_time import apply_elapsed_time
from services.complaint_svc.cases.domain.step_request import StepRequest
from services.complaint_svc.cases.domain.steps import (
    Decision,
    acknowledge,
    answer,
    change_severity,
    follow_up,
    judge,
    pause,
    propose,
    reopen,
    resolve,
    resume,
)
from services.complaint_svc.cases.handlers import (
    CaseRef,
    FilingRequest,
    file_complaint,
    take_step,
)
from services.complaint_svc.deadlines.domain.deadlines import Terms
from services.complaint_svc.deadlines.handlers import load_terms
from services.complaint_svc.subscriptions import subscriptions, timers
from shared.errors import DomainError
from shared.events import Event
from shared.messaging import Database, Transaction, new_id
from tests.complaint_svc.case_builders import CUSTOMER, always, change_tier, offer, utc
from tests.complaint_svc.case_requests import registered, tier
from tests.complaint_svc.invariants import check_invariants

SERVICE = "complaint"

STEPS = (
    "acknowledge",
    "judge",
    "propose",
    "answer",
    "resolve",
    "follow_up",
    "reopen",
    "pause",
    "resume",
    "change_severity",
)
WRITTEN = repository.CaseDetails("web", "network", "A-1", "sku-1", None, repository.Story("it is slow"))


def some_step(name: str, dice: random.Random) -> Callable[[Case, StepRequest, Terms], Decision]:
    """A step with its choices made, so that the rules and the handlers take the very same one."""
    some_id, yes, points = new_id(), dice.random() < 0.6, dice.randint(0, 500)
    steps: dict[str, Callable[[Case, StepRequest, Terms], Decision]] = {
        "acknowledge": acknowledge,
        "judge": lambda case, request, t: judge(case, yes, request, t),
        "propose": lambda case, request, t: propose(case, some_id, offer(points, "1.25"), request, t),
        "answer": lambda case, request, t: answer(case, None, yes, request, t),
        "resolve": lambda case, request, t: resolve(case, some_id, request, t),
        "follow_up": lambda case, request, t: follow_up(case, 3, yes, request, t),
        "reopen": lambda case, request, t: reopen(case, always("gold"), request, t),
        "pause": pause,
        "resume": resume,
        "change_severity": lambda case, request, t: change_severity(case, "high" if yes else "low", request, t),
    }
    return steps[name]


def comparable(case: Case) -> tuple[object, ...]:
    """All that is kept of a case, without what counts savings and armings."""
    bare = replace(
        case, steps=(), escalations=(), version=0, deadlines=tuple(replace(d, generation=0) for d in case.deadlines)
    )
    return tuple(getattr(bare, field.name) for field in fields(bare))


@pytest.mark.parametrize("seed", range(8))
async def test_any_commands_are_saved_as_they_were_decided(database: Database, deliver, announced, seed: int) -> None:
    dice = random.Random(seed)
    now = utc("2026-11-16T08:00")
    await deliver(database, subscriptions, [registered(), tier("silver")])
    terms = await database.run(lambda tx: load_terms(tx, tx.at), at=now)
    filing = FilingRequest(CUSTOMER, dice.choice(("complaint", "praise", "repair")), "normal", WRITTEN)
    case = await database.run(lambda tx: file_complaint(tx, filing, StepRequest(tx.at, "a")), at=now)
    expected: list[Event] = []
    for _ in range(30):
        now += timedelta(minutes=dice.choice((1, 20, 200, 2000)))
        name = dice.choice((*STEPS, "fire", "fire", "tier"))
        if name == "fire":
            database.clock = Mock(return_value=now)
            await timers.fire_due(database, until=now)
            case, events = apply_elapsed_time(case, now, terms)
        elif name == "tier":
            rise = tier(dice.choice(("silver", "gold", "platinum")))
            await deliver(database, subscriptions, [rise], at=now)
            case, events = change_tier(case, rise.tier, now, terms) if case.status != "closed" else (case, [])
        else:
            case, events = await take_both(database, case, some_step(name, dice), now, terms)
        expected += events
        async with database.transaction() as tx:
            loaded = await repository.load_case(tx, case.id)
        assert comparable(loaded) == comparable(case)
    assert (await announced())[1:] == expected
    await check_invariants(database)


async def take_both(
    database: Database, case: Case, decide: Callable[[Case, StepRequest, Terms], Decision], now: datetime, terms: Terms
) -> Decision:
    """The step by the pure rules and through the handler; both take it, or both refuse it with the same code."""

    async def by_handler(tx: Transaction) -> None:
        await take_step(tx, CaseRef(case.id), StepRequest(tx.at, "a"), decide)

    try:
        after, events = decide(case, StepRequest(now, "a"), terms)
    except DomainError as refusal:
        with pytest.raises(DomainError, match=refusal.code):
            await database.run(by_handler, at=now)
        return case, []
    await database.run(by_handler, at=now)
    return after, events
