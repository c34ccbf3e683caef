"""Alembic's entry for a database with the backbone's and the chassis's tables only."""

from shared.chassis.migrations import run

run()
