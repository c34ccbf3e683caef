"""How long what a provider published may be used without asking again: by its own word (RFC 9111), within bounds."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

SHORTEST = 60.0  # seconds: also for a provider that says `no-store`, or each request would ask it
LONGEST = 3600.0  # seconds: also for a provider that says a year, or a key it withdraws would be good for a year
UNSTATED = 300.0
MAX_AGE = re.compile(r"(?:^|[\s,])max-age\s*=\s*\"?(\d{1,10})", re.IGNORECASE)
NOT_KEPT = re.compile(r"(?:^|[\s,])no-(?:store|cache)\b", re.IGNORECASE)


def fresh_seconds(headers: Mapping[str, str], now: datetime) -> float:
    """Seconds from now on that an answer with these headers (names in small letters) is fresh.

    `Cache-Control` comes before `Expires`; `Age` is what an answer has lived already on its way here.
    """
    stated = _stated_seconds(headers, now)
    return UNSTATED if stated is None else min(LONGEST, max(SHORTEST, stated))


def _stated_seconds(headers: Mapping[str, str], now: datetime) -> float | None:
    control = headers.get("cache-control", "")
    if NOT_KEPT.search(control):
        return 0.0
    if max_age := MAX_AGE.search(control):
        age = headers.get("age", "")
        return float(max_age[1]) - (float(age) if age.isascii() and age.isdigit() and len(age) < 10 else 0.0)
    if "expires" in headers:
        expires = _instant(headers["expires"])
        if expires is None:
            return 0.0  # "0" and all else that is no date is over already
        return (expires - (_instant(headers.get("date", "")) or now)).total_seconds()
    return None


def _instant(text: str) -> datetime | None:
    try:
        instant = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    return instant if instant.tzinfo is not None else instant.replace(tzinfo=UTC)
