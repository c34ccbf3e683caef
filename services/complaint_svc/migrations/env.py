"""Alembic's entry for complaint's database."""

from shared.chassis.migrations import run

run()
