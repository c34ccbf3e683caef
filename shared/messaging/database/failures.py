"""Which failures pass by themselves and which never will. Only the permanent ones may park an event."""

from typing import Any

import asyncpg
from sqlalchemy.exc import DBAPIError, InterfaceError
from sqlalchemy.exc import TimeoutError as PoolTimeout

CONFLICT_STATES = {"40001", "40P01", "55P03"}  # serialisation, deadlock, lock timeout
TRANSIENT_STATE_CLASSES = ("08", "53", "57", "58")  # connection, resources, operator intervention, system

CONNECTION_ERRORS = (asyncpg.InterfaceError, asyncpg.InternalClientError, asyncpg.PostgresConnectionError)


def sqlstate(error: BaseException) -> str | None:
    """The SQLSTATE behind asyncpg's error or SQLAlchemy's wrapping of it."""
    for candidate in (error, getattr(error, "orig", None), error.__cause__):
        state: Any = getattr(candidate, "sqlstate", None)
        if isinstance(state, str):
            return state
    return None


def is_conflict(error: BaseException) -> bool:
    """Another transaction was in the way: the same work may succeed at once."""
    return sqlstate(error) in CONFLICT_STATES


def connection_was_lost(error: BaseException) -> bool:
    """The connection can not be used any more: the server closed it, restarts, or is out of reach."""
    if isinstance(error, (OSError, TimeoutError, *CONNECTION_ERRORS)):
        return True
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        return True
    state = sqlstate(error)
    return state is not None and state.startswith(("08", "57P"))


def is_transient(error: BaseException) -> bool:
    """True for what is retried for ever with backoff: lost connections, deadlocks, lock timeouts, a full server."""
    if is_conflict(error) or connection_was_lost(error) or isinstance(error, (PoolTimeout, InterfaceError)):
        return True
    state = sqlstate(error)
    return state is not None and state.startswith(TRANSIENT_STATE_CLASSES)
