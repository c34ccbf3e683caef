"""What wakes the gateway: every event it listens to, with its handler. It has no timers and no jobs."""

from services.gateway.references import handlers as references
from shared.events import CustomerRegistered
from shared.messaging import Subscriptions, Timers

subscriptions = Subscriptions()
subscriptions.on(CustomerRegistered, references.when_customers_are_registered_they_are_known)
subscriptions.copy("customers", references.keep_what_is_known).made_by(
    CustomerRegistered, references.know_registered_customers
)

timers = Timers()
