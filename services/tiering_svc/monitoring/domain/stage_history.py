"""A customer's stages through time (T11): what was found at the end of each month, as periods."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta, tzinfo
from typing import NamedTuple

from services.tiering_svc.core.domain.calendar import month_of, shift, start_of
from services.tiering_svc.monitoring.domain.stage import Classification

TICK = timedelta(microseconds=1)


class StagePeriod(NamedTuple):
    """One stage from `since` to before `until` (None: it lasts), with what it followed from when last looked at."""

    since: datetime
    until: datetime | None
    stage: Classification


def instants_of(as_of: datetime, months: int, zone: tzinfo) -> list[datetime]:
    """The last instants of so many months before the month of `as_of`, and `as_of` itself."""
    this_month: date = month_of(as_of, zone)
    return [start_of(shift(this_month, -back), zone) - TICK for back in range(months - 1, -1, -1)] + [as_of]


def stage_periods(classified: Iterable[tuple[datetime, Classification]]) -> list[StagePeriod]:
    """Periods of what was found at each instant, oldest first; the last one is open."""
    periods: list[StagePeriod] = []
    for at, stage in classified:
        if periods and periods[-1].stage.code == stage.code:
            periods[-1] = periods[-1]._replace(stage=stage)
            continue
        if periods:
            periods[-1] = periods[-1]._replace(until=at)
        periods.append(StagePeriod(at, None, stage))
    return periods
