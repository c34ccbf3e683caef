"""What the gateway does. `access`: who asks; `intake`, `orders`, `follow_ups`, `receivables`: what is reported."""

from services.gateway.handlers.customers import subscriptions

__all__ = ["subscriptions"]
