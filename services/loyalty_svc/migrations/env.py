"""Alembic's environment: the same for every service."""

from shared.chassis.migrations import run

run()
