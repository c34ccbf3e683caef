"""What wakes the gateway: every event it listens to, with its handler. It has no timers and no jobs."""

from services.gateway.handlers import customers
from shared.events import CustomerRegistered
from shared.messaging import Subscriptions, Timers

subscriptions = Subscriptions()
subscriptions.on(CustomerRegistered)(customers.when_customers_are_registered_they_are_known)

timers = Timers()
