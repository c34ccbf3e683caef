"""The gateway in a process of its own, as it is served in earnest, with a gauge of its event loop's pauses.

`GET /pauses` answers the longest pause since it was last asked: `wall` as a clock sees it, and `cpu` as the loop's own
thread worked without letting anybody else on. The latter is the same on a busy machine.
"""

import asyncio
import json
import sys
import time
from typing import Any

from fastapi import FastAPI

from services.gateway.app import create_app
from services.gateway.settings import Settings
from shared.chassis import Ports
from shared.chassis.connections.settings import ConnectionSettings
from shared.chassis.operations.lifespan import collect_garbage_less_often
from shared.chassis.server.command import bind, server_of
from shared.messaging.broker.loopback import LoopbackBroker

TICK = 0.002


class PauseGauge:
    """ASGI around an application."""

    def __init__(self, app: Any) -> None:
        self.app = app
        self.longest = {"wall": 0.0, "cpu": 0.0}
        self._ticking: asyncio.Task[None] | None = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if self._ticking is None:
            self._ticking = asyncio.create_task(self._tick())
        if scope["type"] != "http" or scope["path"] != "/pauses":
            await self.app(scope, receive, send)
            return
        body = json.dumps(self.longest).encode()
        self.longest = {"wall": 0.0, "cpu": 0.0}
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % len(body))]})
        await send({"type": "http.response.body", "body": body})

    async def _tick(self) -> None:
        collect_garbage_less_often()  # as a process of its own does
        while True:
            wall, cpu = time.monotonic(), time.thread_time()
            await asyncio.sleep(TICK)
            self.longest["wall"] = max(self.longest["wall"], time.monotonic() - wall - TICK)
            self.longest["cpu"] = max(self.longest["cpu"], time.thread_time() - cpu)


def main(port: int) -> None:
    """Serves on loopback until it is killed."""

    def build() -> FastAPI:
        app = create_app(Settings(), Ports(broker=LoopbackBroker(), logs=False))
        app.add_middleware(PauseGauge)
        return app

    server_of(build, Settings(), ConnectionSettings(), None).run([bind("127.0.0.1", port)])


if __name__ == "__main__":
    main(int(sys.argv[1]))
