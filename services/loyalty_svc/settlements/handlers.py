"""What cases do to the ledger: the points of a settlement are granted, once somebody is known to grant them to."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from services.loyalty_svc.adjustments import repository as adjustments
from services.loyalty_svc.adjustments.domain import Adjustment, decide_settlement, grant_settlement
from services.loyalty_svc.ledger.handlers import save_and_announce
from services.loyalty_svc.ledger.repository.wallets import load_wallets, lock_customers, open_wallets
from services.loyalty_svc.programmes.domain import Programme
from services.loyalty_svc.programmes.repository import load_programmes
from services.loyalty_svc.settlements import repository
from services.loyalty_svc.settlements.domain import NOBODY_NAMED, Settlement
from shared.authority.locks import lock_sums
from shared.customers import list_connected, list_members
from shared.events import ComplaintResolved, CustomerIdentified
from shared.messaging import Transaction, ids_in

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
    """Points of a case without a customer wait until one is identified, which may have been announced already (L2)."""
    grants: list[Grant] = []
    unassigned: list[Settlement] = []
    for event in resolved:
        if event.points <= 0:
            continue
        settlement = Settlement(
            event.resolution_id, event.case_id, event.points, event.resolved_at, event.granted_by, event.approved_by
        )
        if event.customer_id is not None:
            grants.append((event.customer_id, settlement))
        else:
            unassigned.append(settlement)
    if unassigned:
        customers = await repository.add_unassigned_settlements(tx, unassigned)
        grants += [(customers[s.case_id], s) for s in unassigned if s.case_id in customers]
    await _grant_once(tx, grants)


async def when_customers_are_identified_grant_their_settlements(
    tx: Transaction, identified: Sequence[CustomerIdentified]
) -> None:
    """A resolution while nobody was known is under the case's key, so it comes before this one or after it (L2)."""
    customers = {event.case_id: event.customer_id for event in identified if event.customer_id is not None}
    await open_wallets(tx, customers.values())  # before the cases: wallets are locked first
    await repository.assign_cases(tx, customers)
    settlements = await repository.list_unassigned_settlements(tx, customers)
    await _grant_once(tx, [(customers[settlement.case_id], settlement) for settlement in settlements])


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
