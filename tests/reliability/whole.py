"""The whole system as the fault tests handle it: arm a fault, see that it fired, hold it to the invariants."""

import asyncio
import time
from pathlib import Path

import asyncpg

from deploy.embedded.databases import database_of
from deploy.embedded.failures import StartFailed
from deploy.embedded.system import System
from deploy.verify import verify
from tests.reliability.load import Load

FIRED_WITHIN_SECONDS = 60.0


class Whole:
    def __init__(self, system: System, name: str, marks: Path) -> None:
        self.system = system
        self.load = Load(system.gateway_url, name)
        self.marks = marks
        self.armed: dict[str, Path] = {}

    def bring_everything_up(self) -> None:
        """Start what is down, and wait until every service says it is ready.

        A fault leaves its mark before it kills: who is dying of one may look alive for a moment, and is started again.
        """
        deadline = time.monotonic() + 60
        while True:
            for name, part in self.system.parts.items():
                if not part.running:
                    self.system.restart(name, env={})
            try:
                return self.system.wait_ready(list(self.system.services.values()), deadline)
            except StartFailed:
                if all(part.running for part in self.system.parts.values()):
                    raise

    async def arm(self, service: str, point: str, passes: int = 1) -> None:
        """Start a service again so that it dies by SIGKILL when it comes by this point for the n-th time."""
        mark = self.marks / f"{service}.{point}"
        fault = {"PATRON_FAULT": f"{point}:{passes}", "PATRON_FAULT_MARK": str(mark)}
        try:
            await asyncio.to_thread(self.system.restart, service, fault)
        except StartFailed:
            if not mark.exists():
                raise
            # it had work waiting and came by the point before it was ready: dead as ordered, up as by the watch
            await asyncio.to_thread(self.system.restart, service, {})
        self.armed[f"{service} at {point}"] = mark

    async def all_fired(self) -> None:
        """A fault that never fired shows nothing, so it fails the test."""
        deadline = time.monotonic() + FIRED_WITHIN_SECONDS
        while waiting := [what for what, mark in self.armed.items() if not mark.exists()]:
            assert time.monotonic() < deadline, f"never fired: {', '.join(waiting)}"
            await asyncio.sleep(0.1)

    async def kill(self, name: str) -> None:
        await asyncio.to_thread(self.system.kill, name)

    async def start(self, name: str) -> None:
        await asyncio.to_thread(self.system.restart, name)

    async def invariants_hold(self) -> None:
        """Everything is up again, every accepted order is there once, and `patron verify` is clean."""
        await asyncio.to_thread(self.bring_everything_up)
        await self.accepted_orders_are_there_once()
        urls = {name: self.system.postgres.url(database_of(name)) for name in self.system.services}
        report = await verify(urls, wait_seconds=90)
        assert report.holds, "\n".join(f"{r.code}: {r}"[:600] for r in report.broken)

    async def accepted_orders_are_there_once(self) -> None:
        connection = await asyncpg.connect(self.system.postgres.url(database_of("gateway")))
        try:
            rows = await connection.fetch(
                "select id::text, order_ref as order_id from customer_order where order_ref = any($1)",
                list(self.load.orders),
            )
        finally:
            await connection.close()
        stored = sorted((row["order_id"], row["id"]) for row in rows)
        assert stored == sorted((order_id, answer["id"]) for order_id, answer in self.load.orders.items())
