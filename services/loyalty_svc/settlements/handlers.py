"""What cases do to the ledger: the points of a settlement are granted, once somebody is known to grant them to."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from uuid import UUID

from services.loyalty_svc.adjustments import repository as adjustments
from services.loyalty_svc.adjustments.domain import Adjustment, GrantedSettlement, decide_settlement, grant_settlement
from services.loyalty_svc.ledger.domain.entries import Cause
from services.loyalty_svc.ledger.domain.lots import LotTerms
from services.loyalty_svc.ledger.handlers import save_and_announce
from services.loyalty_svc.ledger.repository.wallets import (
    load_first_lots,
    load_lots,
    load_wallets,
    lock_connected,
    lock_customers,
    open_wallets,
)
from services.loyalty_svc.programmes.domain import Programme
from services.loyalty_svc.programmes.repository import load_programmes
from services.loyalty_svc.settlements import repository
from services.loyalty_svc.settlements.domain import NOBODY_NAMED, CaseOwner, Settlement
from shared.authority.locks import lock_sums
from shared.customers import list_connected, list_members
from shared.events import ComplaintResolved, CustomerIdentified
from shared.messaging import Transaction, announce, ids_in
from shared.messaging.ids import new_id

Grant = tuple[UUID, Settlement]
"""(customer, settlement): whom a settlement's points are owed to."""


async def lock_wallets_of_batch(tx: Transaction, keys: Sequence[str]) -> None:
    """Lock all wallets a batch can touch, once, sorted, before its first handler.

    Also those of who was ever one with them: points that are earned may repay what was borrowed there. A key is a
    customer, a case (it stands for whoever was identified in it), or something else (for nobody).
    """
    ids = set(ids_in(keys))
    customers = ids | await repository.list_customers_of_cases(tx, ids)
    await lock_customers(tx, await list_connected(tx, customers))


async def when_complaints_are_resolved_grant_their_points(
    tx: Transaction, resolved: Sequence[ComplaintResolved]
) -> None:
    """Points of a case without a customer wait until one is identified, which may have been announced already (L2).

    The points of a case that turned out to be another's, as was heard already, are the other's from the beginning (C1).
    """
    settlements = [
        Settlement(
            event.resolution_id, event.case_id, event.points, event.resolved_at, event.granted_by, event.approved_by,
            event.customer_id, event.step or 0,
        )
        for event in resolved if event.points > 0
    ]  # fmt: skip
    if not settlements:
        return
    await open_wallets(tx, {s.customer_id for s in settlements if s.customer_id is not None})
    owners = await repository.lock_cases(tx, (settlement.case_id for settlement in settlements))
    await repository.add_unassigned_settlements(tx, [s for s in settlements if s.customer_id is None])
    owned = [(settlement.belongs_to(owners[settlement.case_id]), settlement) for settlement in settlements]
    await _grant_once(tx, [(customer, settlement) for customer, settlement in owned if customer is not None])


async def when_customers_are_identified_move_their_settlements(
    tx: Transaction, identified: Sequence[CustomerIdentified]
) -> None:
    """What a case granted belongs to whom it was identified as last, also where it was taken for another's (C1, L2).

    The resolution may come before this or after it, and of several identifications any first: the latest step of the
    case's history says whose it is.
    """
    latest = {
        event.case_id: CaseOwner(event.case_id, event.customer_id, event.step or 0)
        for event in sorted(identified, key=lambda event: event.step or 0) if event.customer_id is not None
    }  # fmt: skip
    await open_wallets(tx, (owner.customer_id for owner in latest.values() if owner.customer_id is not None))
    owners = await repository.lock_cases(tx, latest)  # after the wallets, which are locked first
    owners |= {case: owner for case, owner in latest.items() if owner.step > owners[case].step}
    await repository.save_case_owners(tx, owners.values())
    unassigned = await repository.list_unassigned_settlements(tx, owners)
    owned = [(settlement.belongs_to(owners[settlement.case_id]), settlement) for settlement in unassigned]
    await _grant_once(tx, [(customer, settlement) for customer, settlement in owned if customer is not None])
    for settlement in await adjustments.list_settlements_of_cases(tx, list(owners)):
        owner = owners[settlement.case_id]
        if owner.customer_id not in (None, settlement.customer_id) and owner.step > settlement.case_step:
            await _move(tx, settlement, owner)


async def _move(tx: Transaction, settlement: GrantedSettlement, owner: CaseOwner) -> None:
    """Take the points back from whom they were granted to, what is spent as a debt (K9), and grant them anew."""
    former, to = settlement.customer_id, owner.customer_id
    assert to is not None  # it was identified
    entries = None
    if settlement.entry_id is not None:
        await lock_connected(tx, [former, to])
        wallets = await load_wallets(tx, [former, to])
        await load_first_lots(tx, wallets, {former: settlement.points})
        await load_lots(tx, wallets, [settlement.entry_id])  # a lot that one credit makes has the entry's id
        programmes = await load_programmes(tx, [settlement.occurred_at])
        lot_terms = LotTerms(
            settlement.occurred_at, programmes.at(settlement.occurred_at).expires_at(settlement.occurred_at)
        )
        move_id = new_id()  # both entries carry it
        cause = Cause(settlement.occurred_at, case_id=settlement.case_id, fact_id=move_id)
        withdrawn = wallets[former].reverse_earning(
            settlement.points, [settlement.entry_id], tx.at,
            replace(cause, occurred_at=tx.at, reverses=settlement.entry_id), kind="withdraw",
        )  # fmt: skip
        granted = wallets[to].earn(settlement.points, lot_terms, cause, kind="grant")
        await save_and_announce(tx, wallets.values())
        entries = (withdrawn.id, granted.id)
        announce(tx, [settlement.withdrawal(tx.at)])
    await adjustments.add_settlement_move(tx, settlement, to, owner.step, entries)


async def _grant_once(tx: Transaction, grants: Sequence[Grant]) -> None:
    """Once a resolution, however often it is delivered and whichever fact completed it (K8).

    What nobody approved in the case and goes beyond the programme's ceilings is held for approval here.
    """
    if not grants:
        return
    wallets = await load_wallets(tx, (customer for customer, _ in grants))
    known = await adjustments.list_known_settlements(tx, [settlement.resolution_id for _, settlement in grants])
    programmes = await load_programmes(tx, [tx.at, *(settlement.resolved_at for _, settlement in grants)])
    members = await list_members(tx, [customer for customer, _ in grants])
    await _lock_sums(tx, grants, members)
    for customer, settlement in grants:
        if settlement.resolution_id not in known:
            known.add(settlement.resolution_id)
            decided = await _decide(tx, customer, settlement, programmes.at(tx.at), members[customer])
            posted = grant_settlement(decided, wallets[customer], programmes) if decided.state == "posted" else None
            await adjustments.save_adjustment(tx, decided, None if posted is None else posted.id)
    await save_and_announce(tx, wallets.values())


async def _decide(
    tx: Transaction, customer: UUID, settlement: Settlement, programme: Programme, members: Sequence[UUID]
) -> Adjustment:
    adjustment = settlement.as_adjustment(customer, programme.zone)
    given = await adjustments.sum_settled_alone(tx, adjustment.requester_id, members, adjustment.counted_on)
    decide_settlement(adjustment, given, programme.limits, approved=settlement.approved_by is not None)
    return adjustment


async def _lock_sums(tx: Transaction, grants: Sequence[Grant], members: Mapping[UUID, Sequence[UUID]]) -> None:
    people = {("day", str(settlement.granted_by or NOBODY_NAMED)) for _, settlement in grants}
    await lock_sums(tx, people | {("customer", str(members[customer][0])) for customer, _ in grants})
