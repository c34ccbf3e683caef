"""The backbone: what leaves through the outbox, what enters through the inbox, and the timers. Nothing lost or doubled."""

from shared.messaging.ids import new_id
from shared.messaging.subscriptions import Subscriptions
from shared.messaging.timers import Timer, Timers, cancel_timers, set_timer
from shared.messaging.transaction import Database, Transaction, announce

__all__ = [
    "Database",
    "Subscriptions",
    "Timer",
    "Timers",
    "Transaction",
    "announce",
    "cancel_timers",
    "new_id",
    "set_timer",
]
