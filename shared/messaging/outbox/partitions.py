"""The outbox by the month: partitions are made ahead, so that an old month of the log can be dropped whole."""

from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg


async def make_partitions(raw: "asyncpg.Connection[Any]", now: datetime, months: int = 2) -> None:
    """Make the partitions `outbox_YYYY_MM` of so many months from `now` on, where they are missing.

    Called at a service's start and daily. A month whose rows already lie in the default partition gets none. Large
    payloads lie beside their rows, uncompressed: compressing them cost more than the rest of the row, and the
    relay, which writes each row anew when it was published, need not copy them. The database's function does it with
    the rights of the tables' owner: the service's role has none to make a table.
    """
    month = now.astimezone(UTC).date().replace(day=1)
    for _ in range(months):
        await raw.execute("select make_outbox_partition($1)", month)
        month = (month + timedelta(days=32)).replace(day=1)
