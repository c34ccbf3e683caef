"""Alembic's entry for the gateway's database."""

from shared.chassis.migrations import run

run()
