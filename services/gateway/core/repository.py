"""What every area's SQL shares: how a write that came too late is told."""

import asyncpg


class Overtaken(asyncpg.SerializationError):
    """Another transaction wrote the same outside id meanwhile: begin again, and see what it wrote."""
