"""The outbox by the month: partitions are made ahead, so that an old month of the log can be dropped whole."""

from datetime import datetime, timedelta
from typing import Any

import asyncpg


async def make_partitions(raw: "asyncpg.Connection[Any]", now: datetime, months: int = 2) -> None:
    """Make the partitions `outbox_YYYY_MM` of so many months from `now` on, where they are missing.

    Called at a service's start and daily. A month whose rows already lie in the default partition gets none. Large
    payloads lie beside their rows, uncompressed: compressing them cost more than the rest of the row, and the
    relay, which writes each row anew when it was published, need not copy them.
    """
    start = now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    for _ in range(months):
        end = (start + timedelta(days=32)).replace(day=1)
        name = f"outbox_{start:%Y_%m}"
        taken = await raw.fetchval(
            "select to_regclass($1) is not null or exists (select from outbox_default where recorded_at >= $2 "
            "and recorded_at < $3)", name, start, end,
        )  # fmt: skip
        if not taken:
            await raw.execute(
                f"create table if not exists {name} partition of outbox "
                f"for values from ('{start.isoformat()}') to ('{end.isoformat()}')"
            )
            await raw.execute(f"alter table {name} alter payload set storage external")
        start = end
