"""Connections to Postgres: how long they wait for what, said once when they are made; and what types it has.

**Time limits.** Nothing waits for ever: not for a connection, a lock, a statement, nor for a server that has gone
without a word. The server ends what takes too long, because it knows what it is doing; this side waits a little longer
than the server may take, and then takes it for dead. The limits are settings of the connection, so a transaction costs
no statement more. What takes its time by nature (jobs, housekeeping) says so: `Database.for_long_work`.

**Types.** asyncpg asks for each type it has not met (`uuid[]`, `jsonb[]` …) with a recursive query that takes longer to
plan than most of ours to run, on every connection anew: a twentieth of the work of a system that has just started. What
the server's own types are never changes: their numbers are fixed in its source.
"""

import socket
from collections.abc import Iterable
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import asyncpg

# Postgres: src/include/access/transam.h, FirstGenbkiObjectId; types with smaller numbers are assigned by hand
FIRST_GENERATED_OID = 10_000

ANSWER_SECONDS = 5.0  # so much longer than a statement may take its answer may take to arrive
PEER_SECONDS = 20  # bytes that nobody acknowledges, or a silent peer that answers no probe, for so long: it is gone
KEEPALIVE_IDLE_SECONDS, KEEPALIVE_INTERVAL_SECONDS, KEEPALIVE_PROBES = 10, 5, 2  # together PEER_SECONDS

_built_in_types: dict[frozenset[int], Any] = {}


@dataclass(frozen=True, slots=True)
class TimeLimits:
    """How long a connection waits, in seconds: to be made, for a free one of the pool, for a statement, for a lock.

    A transaction that does nothing for `idle_seconds` is ended by the server, which frees its locks: its process hangs.
    `long_statement_seconds` is for a statement of work that takes its time by nature.
    """

    connect_seconds: float = 10.0
    pool_seconds: float = 10.0
    statement_seconds: float = 10.0
    lock_seconds: float = 5.0
    idle_seconds: float = 30.0
    long_statement_seconds: float = 600.0

    @property
    def answer_seconds(self) -> float:
        """After which a server that has not answered a statement is taken for dead."""
        return self.statement_seconds + ANSWER_SECONDS

    def server_settings(self, application_name: str) -> dict[str, str]:
        """What a connection tells the server when it is made."""
        return {
            "timezone": "UTC",
            "jit": "off",
            "application_name": application_name,
            "statement_timeout": _milliseconds(self.statement_seconds),
            "lock_timeout": _milliseconds(self.lock_seconds),
            "idle_in_transaction_session_timeout": _milliseconds(self.idle_seconds),
            "tcp_keepalives_idle": str(KEEPALIVE_IDLE_SECONDS),
            "tcp_keepalives_interval": str(KEEPALIVE_INTERVAL_SECONDS),
            "tcp_keepalives_count": str(KEEPALIVE_PROBES),
            "tcp_user_timeout": str(1000 * PEER_SECONDS),  # where the server's system has it
        }


def _milliseconds(seconds: float) -> str:
    return str(round(1000 * seconds))


def migration_settings() -> dict[str, str]:
    """For a migration: as long as it takes (a replica waits for the lock of the one that migrates), but not idle."""
    unlimited = {"statement_timeout": "0", "lock_timeout": "0", "idle_in_transaction_session_timeout": "600000"}
    return TimeLimits().server_settings("patron migration") | unlimited


class Connection(asyncpg.Connection):
    """An asyncpg connection that ends when its peer is gone, and shares what types Postgres has within the process."""

    __slots__ = ()

    def __init__(self, protocol: Any, transport: Any, loop: Any, addr: Any, config: Any, params: Any) -> None:
        super().__init__(protocol, transport, loop, addr, config, params)
        _end_when_the_peer_is_gone(transport.get_extra_info("socket"))

    def wait_for_answers(self, seconds: float | None) -> None:
        """From now on, give up a server that has not answered a statement for so long. None: never."""
        self._config = self._config._replace(command_timeout=seconds)  # type: ignore[has-type]

    async def _introspect_types(self, typeoids: Iterable[int], timeout: float | None) -> Any:
        """Called by asyncpg with the numbers it does not know; a release that calls it otherwise just asks again."""
        oids = frozenset(typeoids)
        introspect = super()._introspect_types  # type: ignore[misc]
        if max(oids) >= FIRST_GENERATED_OID:
            return await introspect(oids, timeout)
        if oids not in _built_in_types:
            types, statement = await introspect(oids, timeout)
            _built_in_types[oids] = (types, SimpleNamespace(name=statement.name))
        return _built_in_types[oids]


def _end_when_the_peer_is_gone(connected: Any) -> None:
    """As libpq does: the kernel notices a peer that vanished, also while nothing is asked."""
    if connected is None or connected.family not in (socket.AF_INET, socket.AF_INET6):
        return
    connected.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for option, value in (
        ("TCP_KEEPIDLE", KEEPALIVE_IDLE_SECONDS),
        ("TCP_KEEPINTVL", KEEPALIVE_INTERVAL_SECONDS),
        ("TCP_KEEPCNT", KEEPALIVE_PROBES),
        ("TCP_USER_TIMEOUT", 1000 * PEER_SECONDS),
    ):
        if hasattr(socket, option):  # macOS has other names for some
            connected.setsockopt(socket.IPPROTO_TCP, getattr(socket, option), value)
