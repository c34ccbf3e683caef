"""HTTP shape of a customer's points."""

from uuid import UUID

from services.loyalty_svc.ledger.schemas import ExpiringRead
from services.loyalty_svc.programmes.schemas import ProgrammeTermsRead
from shared.chassis import Amount, Read


class PointsRead(Read):
    """A customer's points now: balances, what expires in which month, and the terms by which a purchase earns."""

    customer_id: UUID
    balance: int
    held: int
    debt: int
    expiring: list[ExpiringRead]
    tier: str | None
    multiplier: Amount
    programme: ProgrammeTermsRead
