"""What loyalty does: woken by facts (`earning`, `granting`), asked by people (`spending`, `deciding`), by time."""

from services.loyalty_svc.handlers.earning import subscriptions
from services.loyalty_svc.handlers.expiring import timers

__all__ = ["granting", "subscriptions", "timers"]
