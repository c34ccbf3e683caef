"""Tiering's behaviour: what wakes it (subscriptions, timers, the work on reviews) and what people ask of it."""

from shared.messaging import Subscriptions, Timers

subscriptions = Subscriptions()
timers = Timers()

from services.tiering_svc.handlers import orders, overrides, payments, teams  # noqa: E402, F401  # they register themselves
