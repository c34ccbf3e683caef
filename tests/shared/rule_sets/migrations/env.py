"""Alembic's entry for the sample service's database: the ground, and the tables of rule sets."""

from shared.chassis.migrations import run

run()
