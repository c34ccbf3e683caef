"""What cases do to the ledger: the points of a settlement are granted, once somebody is known to grant them to."""

from collections.abc import Sequence
from uuid import UUID

from services.loyalty_svc.ledger.domain.entries import announced
from services.loyalty_svc.ledger.repository import wallets
from services.loyalty_svc.programmes.repository import load_programmes
from services.loyalty_svc.settlements import repository
from services.loyalty_svc.settlements.domain import Settlement, grant
from shared.events import ComplaintResolved, CustomerIdentified
from shared.messaging import Transaction, announce

Owed = tuple[UUID, Settlement]  # to whom


async def when_a_complaint_is_resolved_grant_its_points(tx: Transaction, facts: Sequence[ComplaintResolved]) -> None:
    """Of a case of nobody known they are kept until it is known whose it is; that may have been heard already (L2)."""
    owed: list[Owed] = []
    of_nobody: list[Settlement] = []
    for fact in facts:
        if fact.points <= 0:
            continue
        settlement = Settlement(fact.resolution_id, fact.case_id, fact.points, fact.resolved_at)
        if fact.customer_id is not None:
            owed.append((fact.customer_id, settlement))
        else:
            of_nobody.append(settlement)
    if of_nobody:
        customers = await repository.keep_settlements(tx, of_nobody)
        owed += [(customers[s.case_id], s) for s in of_nobody if s.case_id in customers]
    await _grant_once(tx, owed)


async def when_customers_are_identified_grant_what_their_cases_were_settled_with(
    tx: Transaction, facts: Sequence[CustomerIdentified]
) -> None:
    """A resolution while nobody was known is under the case's key, so it comes before this one or after it (L2)."""
    customers = {fact.case_id: fact.customer_id for fact in facts if fact.customer_id is not None}
    await wallets.ensure_customers(tx, customers.values())  # before the cases: wallets are locked first
    await repository.save_customers_of_cases(tx, customers)
    kept = await repository.list_kept_settlements(tx, customers)
    await _grant_once(tx, [(customers[settlement.case_id], settlement) for settlement in kept])


async def _grant_once(tx: Transaction, owed: Sequence[Owed]) -> None:
    """Once a resolution, however often it is heard and whichever fact completed it (K8)."""
    if not owed:
        return
    purses = await wallets.load_wallets(tx, (customer for customer, _ in owed))
    known = await repository.known_grants(tx, [settlement.resolution_id for _, settlement in owed])
    programmes = await load_programmes(tx)
    for customer, settlement in owed:
        if settlement.resolution_id not in known:
            known.add(settlement.resolution_id)
            grant(settlement, purses[customer], programmes)
    announce(tx, announced(await wallets.save_wallets(tx, purses.values()), tx.at))


async def lock_the_wallets_of_a_batch(tx: Transaction, keys: Sequence[str]) -> None:
    """Once, sorted, before the first handler. A case's key stands for whoever was identified; a policy's for nobody."""
    ids = {UUID(key) for key in keys}
    await wallets.lock_customers(tx, ids | await repository.list_customers_of_cases(tx, ids))
