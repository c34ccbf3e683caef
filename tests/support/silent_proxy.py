"""A TCP proxy that can fall silent: it takes all bytes and hands on none, as a half-dead network does."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress


class SilentProxy:
    """Between a client and a server on 127.0.0.1. While `silent`, nothing gets through and nobody is told."""

    def __init__(self, port: int) -> None:
        self._speaks = asyncio.Event()
        self._speaks.set()
        self.port = 0
        self._server_port = port
        self._connections: set[asyncio.Task[None]] = set()

    @property
    def silent(self) -> bool:
        return not self._speaks.is_set()

    @silent.setter
    def silent(self, silent: bool) -> None:
        (self._speaks.clear if silent else self._speaks.set)()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._connections.add(task)
        task.add_done_callback(self._connections.discard)
        with suppress(OSError, asyncio.CancelledError):
            to_server, from_server = await asyncio.open_connection("127.0.0.1", self._server_port)
            try:
                await asyncio.gather(self._pump(reader, from_server), self._pump(to_server, writer))
            finally:
                from_server.close()
                writer.close()

    async def _pump(self, source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        """A side that hangs up while the proxy is silent is not told of to the other."""
        while data := await source.read(65_536):
            if not self.silent:
                target.write(data)
                await target.drain()
        await self._speaks.wait()
        target.close()

    async def stop(self) -> None:
        self.silent = False
        for task in list(self._connections):
            task.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)


@asynccontextmanager
async def silent_proxy(port: int) -> AsyncIterator[SilentProxy]:
    """A proxy before the server at a port; its own port is `proxy.port`."""
    proxy = SilentProxy(port)
    server = await asyncio.start_server(proxy._serve, "127.0.0.1", 0)
    proxy.port = server.sockets[0].getsockname()[1]
    try:
        yield proxy
    finally:
        server.close()
        await proxy.stop()
