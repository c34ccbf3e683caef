"""Very many deadlines that are due at once: all fire within seconds, each once, whoever fires them (C3)."""

import asyncio
import os
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import monotonic

import pytest

from services.complaint_svc.subscriptions import subscriptions, timers
from shared.messaging import Database
from tests.complaint_svc.case_builders import utc
from tests.complaint_svc.case_requests import registered
from tests.complaint_svc.invariants import INVARIANTS
from tests.complaint_svc.saved_cases import filed

SERVICE = "complaint"
FILED = utc("2026-11-16T09:00")
REPLICA = """
import asyncio, sys
from services.complaint_svc.subscriptions import timers
from shared.messaging import Database
asyncio.run(timers.run(Database(sys.argv[1]), asyncio.Event()))
"""

# Copies of one case with its deadlines and timers; ids are made of its own by the number of the copy.
COPY = """
with copies as (select n, md5($1::uuid::text || n)::uuid as id from generate_series(2, $2) n),
cases as (
    insert into complaint_case select (jsonb_populate_record(c, jsonb_build_object('id', copies.id))).*
    from complaint_case c, copies where c.id = $1
), steps as (
    insert into case_step select (jsonb_populate_record(s, jsonb_build_object('case_id', copies.id))).*
    from case_step s, copies where s.case_id = $1
), deadlines as (
    insert into deadline select (jsonb_populate_record(d, jsonb_build_object('case_id', copies.id))).*
    from deadline d, copies where d.case_id = $1
)
insert into timer select (jsonb_populate_record(t, jsonb_build_object(
    'aggregate', copies.id || '/' || split_part(t.aggregate, '/', 2) || '/' || split_part(t.aggregate, '/', 3)))).*
from timer t, copies where split_part(t.aggregate, '/', 1) = $1::uuid::text
"""
FACTS = """
select type, key, p.fields ->> 'case_id' as case_id, p.fields ->> 'stage' as stage,
       p.fields ->> 'escalation_level' as level, count(*) as times
from outbox, lateral (select outbox.payload::jsonb) p (fields)
where type like 'complaint.deadline_%' or type like 'complaint.complaint_escalated%'
group by 1, 2, 3, 4, 5
"""


async def many_cases(database: Database, count: int) -> None:
    """So many cases of one customer, filed on the same Monday; all their deadlines are over by now."""
    case = await filed(database, FILED)
    async with database.transaction() as tx:
        await tx.raw.execute(
            "alter table complaint_case disable trigger user; alter table deadline disable trigger user"
        )
        await tx.raw.execute(COPY, case.id, count)
        await tx.raw.execute("alter table complaint_case enable trigger user; alter table deadline enable trigger user")


async def check_that_each_fired_once(database: Database, count: int) -> None:
    async with database.transaction() as tx:
        facts = await tx.raw.fetch(FACTS)
        assert await tx.raw.fetchval("select count(*) from timer where state in ('pending', 'failed')") == 0
        assert await tx.raw.fetchval("select count(*) from deadline where breached_at is null") == 0
    assert {fact["times"] for fact in facts} == {1}
    assert len(facts) == count * 9, "three stages are warned of and breached, three levels are reached"
    for name, offenders in INVARIANTS.items():
        async with database.transaction() as tx:
            assert await tx.raw.fetch(offenders) == [], name


async def test_C3_hundreds_due_at_once_fire_each_once_from_two_loops(database, deliver) -> None:
    await deliver(database, subscriptions, [registered()])
    await many_cases(database, 300)
    until = datetime.now(UTC) + timedelta(days=400)
    for _ in range(20):
        if sum(await asyncio.gather(*(timers.fire_due(database, until=until) for _ in range(2)))) == 0:
            break
    await check_that_each_fired_once(database, 300)


@pytest.mark.chaos
@pytest.mark.timeout(300)
async def test_C3_ten_thousand_due_at_once_fire_in_seconds_with_two_replicas_and_a_kill(
    database, deliver, tmp_path: Path
) -> None:
    await deliver(database, subscriptions, [registered()])
    await many_cases(database, 10_000)
    url = database.url

    async def replica(**fault: str) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(sys.executable, "-c", REPLICA, url, env=os.environ | fault)

    async def undone() -> int:
        async with database.transaction() as tx:
            query = "select count(*) from timer where state = 'pending' and due_at <= clock_timestamp()"
            waiting: int = await tx.raw.fetchval(query)
        return waiting

    began, mark = monotonic(), tmp_path / "killed"
    killed = await replica(PATRON_FAULT="timer.before_commit:5", PATRON_FAULT_MARK=str(mark))
    replicas = [await replica()]
    while await undone():
        if killed.returncode is not None and len(replicas) < 2:
            replicas.append(await replica())
        assert monotonic() - began < 120
        await asyncio.sleep(0.05)
    seconds = monotonic() - began
    for process in replicas:
        process.kill()
        await process.wait()
    await killed.wait()
    assert mark.exists(), "a replica was killed before it could commit"
    await check_that_each_fired_once(database, 10_000)
    print(f"10,000 cases, due at once: {seconds:.1f} s with two replicas, one of them killed")
