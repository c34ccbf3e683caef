"""What every area's SQL shares: how a write says that another transaction was first."""

import asyncpg


class WriteConflict(asyncpg.SerializationError):
    """Another transaction wrote the same outside id meanwhile. The transaction is run again, and sees what it wrote."""
