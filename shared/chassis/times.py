"""The former place of `shared.chassis.http.instants`."""

from shared.chassis.http.instants import refuse_backdating, refuse_future

__all__ = ["refuse_backdating", "refuse_future"]
