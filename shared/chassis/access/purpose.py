"""What a request is for, as whoever sent it says: a code that the access trail keeps, and that is handed on."""

import re
from contextvars import ContextVar

HEADER = "patron-purpose"
FORM = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/-]{0,63}")

purpose_of_request: ContextVar[str | None] = ContextVar("purpose_of_request", default=None)
"""The purpose of the present request, a code; None where it says none."""
