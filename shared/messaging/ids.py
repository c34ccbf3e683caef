"""Patron's ids: UUIDv7, so they sort by the time they were made and index well."""

from uuid import UUID

from uuid_utils.compat import uuid7


def new_id() -> UUID:
    return uuid7()
