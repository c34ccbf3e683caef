"""Whether somebody may give so much alone, and what another person decides about more (C5, K24)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from services.complaint_svc.remedies import repository
from services.complaint_svc.remedies.domain import approval as approvals
from services.complaint_svc.remedies.domain.approval import Approval
from services.complaint_svc.remedies.domain.authority import (
    Authority,
    AuthorityRules,
    Giver,
    above_authority,
    check_approves,
)
from services.complaint_svc.remedies.repository import AUTHORITY_RULES
from services.complaint_svc.settings import business_settings
from shared.authority import CountedPer, Gift, limits_reached, person_id
from shared.authority.locks import lock_sums
from shared.customers import list_members
from shared.messaging import Transaction
from shared.rule_sets import load_in_force


@dataclass(frozen=True, slots=True)
class Recipient:
    """To whom something is given: a case, and its customer once one is known, who may be several ids (P12)."""

    case_id: UUID
    customer_id: UUID | None


def giver_of(tx: Transaction, subject: str, roles: Iterable[str]) -> Giver:
    """Who gives, on the business day of the transaction: also what is reported after the fact counts on that day."""
    return Giver(subject, frozenset(roles), tx.at.astimezone(business_settings().zone).date())


async def find_limits_reached(
    tx: Transaction, giver: Giver, recipient: Recipient, gift: Gift
) -> tuple[tuple[CountedPer, ...], int]:
    """The counts that the gift would take beyond what the giver may give alone, and the version of the rules that say
    so; the sums stay locked."""
    members = await _lock(tx, giver, recipient)
    in_force = await load_in_force(tx, AUTHORITY_RULES)
    rules = in_force.rules
    given = await repository.sum_given_alone(tx, giver, recipient.case_id, members, rules.customer_days)
    return limits_reached(gift, given, rules.of(giver.roles).limits), in_force.version


async def check_identification(tx: Transaction, by: Giver, recipient: Recipient) -> None:
    """A case of nobody known becomes a customer's with all it was given: 403 `above_authority` beyond the limit of who
    identifies, so that cases of nobody are no way around the customer's sum."""
    assert recipient.customer_id is not None
    members = await _lock(tx, by, recipient)
    rules = (await load_in_force(tx, AUTHORITY_RULES)).rules
    given = await repository.sum_given_alone(tx, by, recipient.case_id, members, rules.customer_days)
    limit = rules.of(by.roles).alone
    if given["case"] and not limit.covers(given["case"] + given["customer"]):
        raise above_authority(limit)


async def approve(
    tx: Transaction, approval: Approval, by: Giver, customer_id: UUID | None, note: str | None
) -> Approval:
    """Decide that it may be proposed. 403 `own_approval`, `took_part`, `above_authority`; 409 `approval_not_pending`.

    Who approves may approve so much: all that the case and the customer were given, this included.
    """
    approved = approvals.approve(
        approval, by.subject, tx.at, note, await repository.list_proposers(tx, approval.case_id)
    )
    members = await _lock(tx, by, Recipient(approval.case_id, customer_id))
    rules = (await load_in_force(tx, AUTHORITY_RULES)).rules
    await _check_totals(tx, approval, by, members, rules, rules.of(by.roles))
    await repository.save_approval(tx, approved)
    return approved


async def reject(tx: Transaction, approval: Approval, by: str, note: str | None) -> None:
    """Decide that it is not proposed; whoever asked for it may withdraw it so. 409 `approval_not_pending`."""
    await repository.save_approval(tx, approvals.reject(approval, by, tx.at, note))


async def _check_totals(
    tx: Transaction,
    approval: Approval,
    by: Giver,
    members: Sequence[UUID],
    rules: AuthorityRules,
    authority: Authority,
) -> None:
    check_approves(await repository.sum_of_case(tx, approval.case_id) + approval.gift, authority)
    if members:
        given = await repository.sum_of_customer(tx, by, members, rules.customer_days)
        check_approves(given + approval.gift, authority)


async def _lock(tx: Transaction, giver: Giver, recipient: Recipient) -> Sequence[UUID]:
    """Lock the sums: of the case and its customer, and of the person that day. Returns all who are one with the
    customer, none where nobody is known: what they are given counts together."""
    counted = [("case", str(recipient.case_id)), ("day", str(person_id(giver.subject)))]
    members: Sequence[UUID] = ()
    if recipient.customer_id is not None:
        members = (await list_members(tx, [recipient.customer_id]))[recipient.customer_id]
        counted.append(("customer", str(members[0])))
    await lock_sums(tx, counted)
    return members
