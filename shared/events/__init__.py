"""The catalogue: one file an owner; adding an event is writing one class."""

from shared.events.base import CATALOGUE, Event, Meta, read_event
from shared.events.complaint import (
    ComplaintAcknowledged,
    ComplaintClosed,
    ComplaintEscalated,
    ComplaintFiled,
    ComplaintJudged,
    ComplaintReopened,
    ComplaintResolved,
    CustomerIdentified,
    DeadlineBreached,
    DeadlineWarned,
    SettlementAnswered,
    SettlementProposed,
)
from shared.events.intake import (
    CustomerSeen,
    LineTakenBack,
    OrderCancelled,
    OrderDelivered,
    OrderLine,
    OrderPlaced,
    OrderReturned,
    PaymentReceived,
    ReceivableIssued,
)
from shared.events.loyalty import PointsPosted
from shared.events.profile import (
    ContactLogged,
    CustomerRegistered,
    CustomerTraitsChanged,
    EmployeePlaced,
    GroupParentChanged,
    NextStepCompleted,
    TeamMemberAssigned,
    TeamMemberReleased,
)
from shared.events.tiering import PolicyActivated, ReviewApplied, SatisfactionMeasured, TierChanged

OWNERS: dict[str, str] = {
    "patron.intake": "gateway",
    "patron.profile": "profile",
    "patron.tiering": "tiering",
    "patron.complaint": "complaint",
    "patron.loyalty": "loyalty",
}
"""Which service owns a topic, and so answers for its streams."""

__all__ = [
    "CATALOGUE",
    "OWNERS",
    "ComplaintAcknowledged",
    "ComplaintClosed",
    "ComplaintEscalated",
    "ComplaintFiled",
    "ComplaintJudged",
    "ComplaintReopened",
    "ComplaintResolved",
    "ContactLogged",
    "CustomerIdentified",
    "CustomerRegistered",
    "CustomerSeen",
    "CustomerTraitsChanged",
    "DeadlineBreached",
    "DeadlineWarned",
    "EmployeePlaced",
    "Event",
    "GroupParentChanged",
    "LineTakenBack",
    "Meta",
    "NextStepCompleted",
    "OrderCancelled",
    "OrderDelivered",
    "OrderLine",
    "OrderPlaced",
    "OrderReturned",
    "PaymentReceived",
    "PointsPosted",
    "PolicyActivated",
    "ReceivableIssued",
    "ReviewApplied",
    "SatisfactionMeasured",
    "SettlementAnswered",
    "SettlementProposed",
    "TeamMemberAssigned",
    "TeamMemberReleased",
    "TierChanged",
    "read_event",
]
