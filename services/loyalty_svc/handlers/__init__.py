"""What loyalty does: woken by facts (`earning`), asked by people (`spending`, `deciding`), by time (`expiring`)."""

from services.loyalty_svc.handlers.earning import subscriptions
from services.loyalty_svc.handlers.expiring import timers

__all__ = ["subscriptions", "timers"]
