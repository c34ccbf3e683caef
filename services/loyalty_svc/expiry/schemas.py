"""HTTP shape of an extension."""

from services.loyalty_svc.core.schemas import Reason
from shared.chassis import Instant, Shape


class ExtensionCreate(Shape):
    """Until when a lot lives, and why longer than it would have."""

    expires_at: Instant
    reason: Reason
