"""What a case was settled with: points for its customer, who may become known only later (L2)."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.loyalty_svc.ledger.domain.entries import Cause, Entry
from services.loyalty_svc.ledger.domain.lots import LotTerms
from services.loyalty_svc.ledger.domain.wallet import Wallet
from services.loyalty_svc.programmes.domain import Programmes


@dataclass(frozen=True, slots=True)
class Settlement:
    """Points, one or more, that the resolution of a case grants to the case's customer."""

    resolution_id: UUID
    case_id: UUID
    points: int
    resolved_at: datetime


def grant(settlement: Settlement, wallet: Wallet, programmes: Programmes) -> Entry:
    """Write the entry. The points live from the resolution on, whenever it became known whose they are."""
    at = settlement.resolved_at
    cause = Cause(occurred_at=at, case_id=settlement.case_id, fact_id=settlement.resolution_id)
    return wallet.earn(settlement.points, LotTerms(at, programmes.at(at).expires_at(at)), cause, kind="grant")
