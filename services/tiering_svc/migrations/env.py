"""Alembic's entry for tiering's database."""

from shared.chassis.migrations import run

run()
