"""Which failures pass by themselves and which never will. Only the permanent ones may park an event."""

from typing import Any

import asyncpg
from sqlalchemy.exc import DBAPIError, InterfaceError
from sqlalchemy.exc import TimeoutError as PoolTimeout

CONFLICT_STATES = {"40001", "40P01"}  # serialisation, deadlock
LOCK_TIMEOUT, STATEMENT_TIMEOUT = "55P03", "57014"
IDLE_TIMEOUTS = ("25P03", "25P04")  # a transaction that did nothing, or took too long, and lost its connection
# connection, resources, operator intervention, system
TRANSIENT_STATES = ("08", "53", "57", "58", LOCK_TIMEOUT, *IDLE_TIMEOUTS)

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


def took_too_long(error: BaseException) -> bool:
    """A statement was ended by its time limit (or by an operator): less work at once, or more patience, may do it."""
    return sqlstate(error) == STATEMENT_TIMEOUT


def is_busy(error: BaseException) -> bool:
    """The database works and answers, but this took too long: a statement, the wait for a lock or for a connection."""
    return sqlstate(error) in (LOCK_TIMEOUT, STATEMENT_TIMEOUT) or isinstance(error, PoolTimeout)


def connection_was_lost(error: BaseException) -> bool:
    """The connection can not be used any more: the server closed it, restarts, or is out of reach."""
    if isinstance(error, (OSError, TimeoutError, *CONNECTION_ERRORS)):
        return True
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        return True
    state = sqlstate(error)
    return state is not None and state.startswith(("08", "57P", *IDLE_TIMEOUTS))


def is_transient(error: BaseException) -> bool:
    """True for what is retried for ever with backoff: lost connections, deadlocks, time limits, a full server."""
    if is_conflict(error) or connection_was_lost(error) or isinstance(error, (PoolTimeout, InterfaceError)):
        return True
    state = sqlstate(error)
    return state is not None and state.startswith(TRANSIENT_STATES)
