"""Alembic's entry; the chassis knows how."""

from shared.chassis.migrations import run

run()
