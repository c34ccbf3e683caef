"""`patron demo`: a year of real purchases, replayed in order of time through the gateway, and what came of it."""

from deploy.demo.command import run

__all__ = ["run"]
