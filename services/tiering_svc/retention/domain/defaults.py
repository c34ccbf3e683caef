"""The rule of who counts as lost that comes with Patron (T13)."""

from typing import Any

RETENTION: dict[str, Any] = {"lost": {"cycles": "3", "least_days": 90}}
