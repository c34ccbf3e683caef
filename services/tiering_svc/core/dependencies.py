"""What routes of several areas ask FastAPI for: the instants that a question is about, and this service's settings."""

from datetime import date, datetime
from typing import Annotated, NamedTuple

from fastapi import Query, Request

from services.tiering_svc.core.domain.calendar import first_month, month_of, spelled, start_of
from services.tiering_svc.core.repository.business import find_business
from services.tiering_svc.core.schemas.shapes import MonthsRead
from services.tiering_svc.settings import Settings
from shared.chassis import Instant
from shared.chassis.http.instants import refuse_future
from shared.messaging import Transaction

AsOf = Annotated[Instant | None, Query(description="as of when; now, if not given")]
MonthsBack = Annotated[int, Query(ge=1, le=60, description="so many calendar months, that of `as_of` the last")]
TierAsOf = Annotated[str | None, Query(max_length=64, description="only of those who were in this tier then")]
KnownAt = Annotated[Instant | None, Query(description="as it was known when; now, if not given")]


def instant_or_now(instant: datetime | None, tx: Transaction, pointer: str) -> datetime:
    """An instant that was asked for; without one the transaction's. One to come is refused (`in_the_future`)."""
    if instant is None:
        return tx.at
    refuse_future(instant, tx.at, pointer)
    return instant


class MonthsWindow(NamedTuple):
    """So many calendar months of the business zone; the last is that of `until`, as far as it had come. The same window
    as indicators, policies and the pyramid have."""

    since: datetime
    until: datetime
    known_at: datetime
    first: date
    last: date
    months: int

    @property
    def shown(self) -> MonthsRead:
        """The window as answers show it."""
        return MonthsRead(from_=spelled(self.first), to=spelled(self.last), months=self.months)


async def window_of(
    tx: Transaction, as_of: datetime | None, known_at: datetime | None, months: int
) -> MonthsWindow:  # fmt: skip
    """The window of so many calendar months that ends with the month of `as_of`, and the instant it is known at."""
    until, known = instant_or_now(as_of, tx, "/as_of"), instant_or_now(known_at, tx, "/known_at")
    business = await find_business(tx)
    last = month_of(until, business.zone)
    first = first_month(last, months)
    return MonthsWindow(start_of(first, business.zone), until, known, first, last, months)


def settings_of(request: Request) -> Settings:
    """The settings this service was started with."""
    settings: Settings = request.app.state.service.settings
    return settings
