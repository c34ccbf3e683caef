"""Patron's ids: UUIDv7, so they sort by the time they were made and index well."""

from datetime import datetime
from uuid import UUID

from uuid_utils.compat import uuid7


def new_id() -> UUID:
    return uuid7()


def ids_since(at: datetime) -> UUID:
    """What every id that is made from this instant on is greater than, and every earlier one smaller."""
    return UUID(int=int(at.timestamp() * 1000) << 80)
