"""HTTP shape of a customer's points."""

from uuid import UUID

from services.loyalty_svc.ledger.schemas import ExpiringRead
from services.loyalty_svc.programmes.schemas import ProgrammeTermsRead
from shared.chassis import Amount, Read


class PointsRead(Read):
    customer_id: UUID
    balance: int
    held: int
    debt: int
    expiring: list[ExpiringRead]
    tier: str | None
    multiplier: Amount
    programme: ProgrammeTermsRead
