"""What profile does. Woken by events: `events.py`. Asked by people: `opening.py`, `files.py`, `team.py`, `calls.py`."""

from services.profile_svc.handlers.events import subscriptions, timers

__all__ = ["subscriptions", "timers"]
