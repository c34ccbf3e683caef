"""What a log may say about an error: type, SQLSTATE, where it happened. Never its message, which may hold data."""

import traceback
from typing import Any

from shared.messaging.database.failures import sqlstate


def describe(error: BaseException) -> dict[str, Any]:
    """Members of a log line. Messages of database and validation errors repeat what was written, so none is taken."""
    members: dict[str, Any] = {"error": f"{type(error).__module__}.{type(error).__qualname__}"}
    state = sqlstate(error)
    if state is not None:
        members["sqlstate"] = state
        constraint = getattr(getattr(error, "orig", None) or error, "constraint_name", None)
        if isinstance(constraint, str):
            members["constraint"] = constraint
    cause = error.__cause__
    if cause is not None:
        members["cause"] = f"{type(cause).__module__}.{type(cause).__qualname__}"
    frames = traceback.extract_tb(error.__traceback__)[-12:]
    members["at"] = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]
    return members
