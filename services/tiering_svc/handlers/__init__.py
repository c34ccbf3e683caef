"""Tiering's behaviour: what wakes it (subscriptions, timers, the work on reviews) and what people ask of it."""

from shared.messaging import Subscriptions, Timers

subscriptions = Subscriptions()
timers = Timers()

from services.tiering_svc.handlers import (  # noqa: E402  # they register themselves
    assessments,  # noqa: F401
    orders,  # noqa: F401
    overrides,  # noqa: F401
    payments,  # noqa: F401
    risks,  # noqa: F401
    teams,  # noqa: F401
    told,  # noqa: F401
    warnings,  # noqa: F401
)
