"""The former place of `shared.chassis.http.pages`."""

from shared.chassis.http.pages import DEFAULT_LIMIT, Cursor, Limit, Page, page_of, read_cursor, write_cursor

__all__ = ["DEFAULT_LIMIT", "Cursor", "Limit", "Page", "page_of", "read_cursor", "write_cursor"]
