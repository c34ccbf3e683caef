"""The backbone: out through the outbox, in through the inbox, later by a timer. Nothing lost, nothing doubled."""

from shared.messaging.copies import ids_in
from shared.messaging.database.transaction import Database, Transaction, announce
from shared.messaging.ids import new_id
from shared.messaging.subscriptions import Subscriptions
from shared.messaging.timers import Timer, Timers, cancel_timers, cancel_timers_of, set_timer, set_timers

__all__ = [
    "Database",
    "Subscriptions",
    "Timer",
    "Timers",
    "Transaction",
    "announce",
    "cancel_timers",
    "cancel_timers_of",
    "ids_in",
    "new_id",
    "set_timer",
    "set_timers",
]
