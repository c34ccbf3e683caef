"""A case is worked: each step loads it, decides, saves, announces (C2)."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from services.complaint_svc.cases import repository
from services.complaint_svc.cases.domain.case import Act, Case
from services.complaint_svc.cases.domain.steps import Decision, answer, identify, propose, regrade, reopen
from services.complaint_svc.cases.handlers.deadline_timers import Told, save_decision
from services.complaint_svc.customers.repository import load_tier
from services.complaint_svc.deadlines.domain.deadlines import Terms
from services.complaint_svc.deadlines.handlers import load_terms
from services.complaint_svc.remedies.handlers import check_authority
from shared.events.complaint import Severity
from shared.messaging import Transaction, new_id


@dataclass(frozen=True, slots=True)
class Which:
    """A case, and the partner who may see it (None: it is one of our own people)."""

    case_id: UUID
    partner_id: UUID | None = None


async def take_a_step(
    tx: Transaction, which: Which, told: Told, decide: Callable[[Case, Act, Terms], Decision]
) -> Case:
    """Load, decide, save, announce."""
    before = await repository.load_case(tx, which.case_id, partner_id=which.partner_id)
    # two people's clocks may differ by a little; what happens now does not happen before the last step
    at = max(tx.at, before.last_step_at) if told.at is None else told.at
    after, events = decide(before, Act(at, told.by, told.note), await load_terms(tx, told.at or tx.at))
    return await save_decision(tx, before, after, events, replayed=told.after_the_fact(tx.at))


async def propose_a_settlement(
    tx: Transaction, which: Which, told: Told, points: int, amount: Decimal, roles: Iterable[str]
) -> Case:
    check_authority(points, amount, roles)
    return await take_a_step(tx, which, told, lambda case, act, t: propose(case, new_id(), points, amount, act, t))


async def answer_a_proposal(
    tx: Transaction, which: Which, told: Told, proposal_id: UUID | None, accepted: bool
) -> Case:
    return await take_a_step(tx, which, told, lambda case, act, t: answer(case, proposal_id, accepted, act, t))


async def reopen_a_complaint(tx: Transaction, which: Which, told: Told) -> Case:
    """A new round gets its deadlines by the tier of today."""
    customer_id = await repository.find_customer_of(tx, which.case_id)
    tier = None if customer_id is None else await load_tier(tx, customer_id)
    return await take_a_step(tx, which, told, lambda case, act, t: reopen(case, tier, act, t))


async def identify_the_customer(tx: Transaction, which: Which, told: Told, customer_id: UUID) -> Case:
    tier = await load_tier(tx, customer_id)
    return await take_a_step(tx, which, told, lambda case, act, t: identify(case, customer_id, tier, act, t))


async def change_the_severity(
    tx: Transaction, which: Which, told: Told, severity: Severity, check: Callable[[int], None]
) -> Case:
    """`check` refuses when the caller saw another version than the one that is locked here."""

    def decide(case: Case, act: Act, terms: Terms) -> Decision:
        check(case.version)
        return regrade(case, severity, act, terms)

    return await take_a_step(tx, which, told, decide)
