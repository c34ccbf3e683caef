"""B7's limit: one scan over everybody's months that computes the score, and nothing else."""

import json
import sys
import time

import asyncpg

from bench.environment import run_as_services_do

SCORES = """
select count(*), sum(score) from (
    select case when sum(amount) >= 4800 then 3 when sum(amount) >= 2400 then 2 when sum(amount) >= 800 then 1
                else 0 end as score
    from indicator_month where month between '2025-01-01' and '2025-12-01' group by customer_id
) scored
"""


async def main(url: str) -> None:
    db = await asyncpg.connect(url)
    began = time.perf_counter()
    [(customers, _)] = await db.fetch(SCORES)
    print(json.dumps({"customers": customers, "seconds": time.perf_counter() - began}))
    await db.close()


if __name__ == "__main__":
    run_as_services_do(main(sys.argv[1]))
