"""Pieces of SQL about the two times of facts, and about months as the business counts them.

Each takes SQL (a column, a parameter like `$3`) and returns SQL; a value never goes in.

*Knowledge time*: a fact is known from when it was recorded (`recorded_at`, `known_from`) until something replaced it
(`superseded_at`, `known_until`; null: it still holds). *Business zone*: months, days and their limits are those of the
one time zone of the deployment, `zone` being SQL for its name (`$4`, `business.time_zone`).
"""


def known_at(instant: str, known_from: str, known_until: str | None = None) -> str:
    """True for facts that were known at an instant: recorded by then, and not replaced by then."""
    if known_until is None:
        return f"{known_from} <= {instant}"
    return f"{known_from} <= {instant} and ({known_until} is null or {known_until} > {instant})"


def known_at_or_now(instant: str, known_from: str, known_until: str | None = None) -> str:
    """`known_at`, where no instant (null) means all that is known now."""
    return known_at(f"coalesce({instant}::timestamptz, 'infinity')", known_from, known_until)


def month_of(instant: str, zone: str) -> str:
    """The month (its first day, a date) an instant lies in."""
    return f"date_trunc('month', {instant} at time zone {zone})::date"


def day_of(instant: str, zone: str) -> str:
    """The day (a date) an instant lies in."""
    return f"({instant} at time zone {zone})::date"


def start_of(day: str, zone: str) -> str:
    """The instant at which a day begins; of a month's first day: at which the month begins."""
    return f"{day}::timestamp at time zone {zone}"


def in_month(instant: str, month: str, zone: str) -> str:
    """True for instants of a month. As limits of the bare column, so that an index on it can be used."""
    next_month = f"({month} + interval '1 month')"
    return f"{instant} >= {start_of(month, zone)} and {instant} < {next_month} at time zone {zone}"
