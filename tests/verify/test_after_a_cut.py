"""A whole system whose oldest months were dropped: it works on, `patron verify` holds, and what is missing is found."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest

from deploy.verify import Report
from deploy.verify.check import SUBSCRIBED_TOPICS, check_invariants
from deploy.verify.snapshots import Connections, connected
from shared.chassis.audit.sealing import seal_next_lines
from shared.chassis.operations.lifespan import cut_log
from tests import harness
from tests.journeys.caller import Caller, new_code
from tests.shared.messaging.world import until
from tests.system import System
from tests.system import system as start_system
from tests.verify.conftest import Five

LONG_AGO = timedelta(days=100)
PAST_TRIGGERS = "set local session_replication_role = replica;"  # as only a superuser can


FORGET_TIERING = {
    "tiering": """truncate stream_seen, order_fact, order_change, indicator_month, case_fact, customer_traits,
                           standing, tier_history cascade""",
    "loyalty": "truncate tier_copy",
    "complaint": "truncate customer, tier_copy",
    "profile": "update overview set tier = null, tier_rank = null, tier_since = null, tier_kind = null",
}


class Clock:
    """Everybody's; it can be put back."""

    def __init__(self) -> None:
        self.back = LONG_AGO

    def __call__(self) -> datetime:
        return datetime.now(UTC) - self.back


class Cut:
    """A system with a customer's first orders and a case of long ago, and what the tests do with it."""

    def __init__(self, system: System, clock: Clock, connections: Connections) -> None:
        self.system = system
        self.clock = clock
        self.connections = connections
        self.admin = Caller(system, system.as_role("admin"))
        self.ref = new_code("C")

    async def live(self) -> str:
        """A big order, one that is partly returned, a complaint whose deadlines pass."""
        placed = (self.clock() - timedelta(days=1)).isoformat()
        await self.admin.place(self.ref, "3000.00", at=placed)
        order = await self.admin.place(self.ref, "40.00", "60.00", at=placed)
        customer = str(order["customer_id"])
        await self.admin.settle()
        taken = {"return_id": new_code("R"), "returned_at": self.clock().isoformat()}
        await self.admin.post(f"/v1/orders/{order['id']}/returns", taken | {"lines": [{"line": 1, "quantity": 1}]})
        await self.admin.settle()
        case = {"channel": "call", "category": "delivery", "what_happened": "Late.", "request": "Soon."}
        await self.admin.post("/v1/complaints", case | {"customer": {"id": customer}})
        await self.admin.settle()
        return customer

    async def seal(self) -> None:
        """The access trails, as they would have been sealed then: verify has no other clock than the real one."""
        for name in harness.SERVICES:
            topic = self.system.service(name).topic
            await self.system.databases[name].run(
                lambda tx, topic=topic: seal_next_lines(tx, topic, tx.at + timedelta(days=1), timedelta(0))  # type: ignore[misc]
            )

    async def cut(self) -> None:
        """Housekeeping of every service, on the day that it really is."""
        self.clock.back = timedelta(0)
        for name in harness.SERVICES:
            await cut_log(self.system.service(name))

    async def count(self, service: str, sql: str) -> int:
        return int(await self.system.databases[service].run(lambda tx: tx.raw.fetchval(sql)))

    async def run(self, service: str, sql: str) -> None:
        await self.system.databases[service].run(lambda tx: tx.raw.execute(sql))

    async def report(self) -> Report:
        return await check_invariants(self.connections, SUBSCRIBED_TOPICS, 0.0)

    async def broken(self) -> set[str]:
        return {result.code for result in (await self.report()).results if result.outcome != "holds"}

    async def comes_to(self, codes: set[str]) -> None:
        """Timers that are due may be firing right now."""

        async def is_said() -> bool:
            named.append(await self.broken())
            return named[-1] == codes

        named: list[set[str]] = []
        try:
            await until(is_said, f"verify names {codes or 'nothing'}")
        except AssertionError as late:
            raise AssertionError(f"{late}; it names {named[-1]}") from None

    @asynccontextmanager
    async def without(self, service: str, table: str, where: str) -> AsyncIterator[None]:
        """These rows are missing for a while."""
        await self.run(
            service, f"drop table if exists aside; create table aside as select * from {table} where {where}"
        )
        assert await self.count(service, "select count(*) from aside") > 0, where
        await self.run(service, f"{PAST_TRIGGERS} delete from {table} where {where}")
        yield
        await self.run(service, f"{PAST_TRIGGERS} insert into {table} select * from aside; drop table aside")


@pytest.fixture
async def cut(databases: harness.Databases, keys: harness.Keys) -> AsyncIterator[Cut]:
    clock = Clock()
    settings = {name: {"keep_days": 30} for name in harness.SERVICES}
    async with start_system(databases, keys, clock=clock, settings=settings) as system:
        urls = {name: database.url for name, database in system.databases.items()}
        async with connected(urls) as connections:
            made = Cut(system, clock, connections)
            await made.live()
            await made.seal()
            await made.comes_to(set())
            await made.cut()
            yield made


async def test_it_works_on_verify_holds_and_what_is_missing_above_the_cut_is_found(cut: Cut) -> None:
    for service in ("gateway", "tiering", "complaint", "loyalty"):
        assert await cut.count(service, "select count(*) from outbox") == 0, service
        assert await cut.count(service, "select count(*) from outbox_cut") > 0, service
    await cut.comes_to(set())
    for table in ("outbox_cut", "stream_head"):
        async with cut.without("gateway", table, "true"):
            assert "stream_heads" in await cut.broken(), f"a stream all of which is gone needs its {table}"

    customer = await cut.live()
    assert await cut.admin.tier(customer) == "platinum", "by what it did before and after"
    await cut.comes_to(set())
    assert await cut.count("gateway", "select min(seq) from outbox") > 1
    earliest = "position = (select min(position) + {} from outbox)"
    for service, table, where, broken in (
        ("loyalty", "outbox", earliest.format(0), {"stream_counts", "ledger_announced"}),
        ("gateway", "outbox", earliest.format(1), {"stream_counts"}),
        ("gateway", "outbox", "true", {"stream_heads"}),
        ("gateway", "outbox_cut", "true", {"stream_counts"}),
        ("loyalty", "order_points", "recorded_at > now() - interval '1 day'", {"orders_in_ledger"}),
        ("loyalty", "order_points", "recorded_at < now() - interval '1 day'", {"orders_in_ledger"}),
    ):
        async with cut.without(service, table, where):
            assert broken <= await cut.broken(), (service, where)
    await cut.comes_to(set())


async def test_who_subscribes_later_goes_on_from_where_logs_begin_and_owes_nothing_of_what_is_gone(cut: Cut) -> None:
    """Tiering as it would be if it had not been there before: without its facts, and without what others made of it."""
    for service, sql in FORGET_TIERING.items():
        await cut.run(service, sql)
    cut.clock.back = timedelta(0)
    cut.ref = new_code("C")
    await cut.live()

    async def caught_up() -> bool:
        return (await cut.report()).result("positions_reach_heads").outcome == "holds"

    await until(caught_up, "tiering has stepped to where the logs begin", 60)
    # points were given by tiers of before, which nobody knows of any more; nor does tiering know the customer of then
    await cut.comes_to({"holes", "orders_earned", "customers_agree"})
    assert all("reason=log_cut" in line for line in (await cut.report()).result("holes").examples)
    async with cut.without("tiering", "order_fact", "true"):
        assert "orders_in_indicators" in await cut.broken()


async def test_facts_whose_events_are_gone_are_excused_and_those_recorded_since_are_not(sound: Five) -> None:
    for service in ("tiering", "complaint", "loyalty"):
        await sound.run(
            service,
            """insert into outbox_cut (topic, key, seq, event_id, partition, recorded_before, cut_at)
               select topic, key, seq, last_event_id, 'outbox_2026_03', now() + interval '1 s', now()
               from stream_head""",
        )
        await sound.run(service, "delete from outbox")
    assert await sound.broken() == set()
    for service in ("tiering", "complaint", "loyalty"):
        await sound.run(service, "update outbox_cut set recorded_before = now() - interval '1 day'")
    assert await sound.broken() == {"tiers_announced", "ledger_announced", "cases_announced"}
