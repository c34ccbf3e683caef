"""HTTP shape of a customer's points."""

from uuid import UUID

from pydantic import Field

from services.loyalty_svc.ledger.schemas import ExpiringRead
from services.loyalty_svc.programmes.schemas import ProgrammeTermsRead
from shared.chassis import Amount, Read


class PointsRead(Read):
    """A customer's points now: balances, what expires in which month, and the terms by which a purchase earns."""

    customer_id: UUID = Field(description="the id that was asked for")
    members: list[UUID] = Field(
        description="whose wallets are summed up: the customer's own, and those of all who are one with it"
    )
    balance: int
    held: int
    debt: int
    borrowed: int = Field(
        description="points spent of customers that were one with this one and are no more; what is earned next "
        "repays them"
    )
    lent: int = Field(description="points that such customers spent of this one's and have not repaid yet")
    expiring: list[ExpiringRead]
    tier: str | None
    multiplier: Amount
    programme: ProgrammeTermsRead
