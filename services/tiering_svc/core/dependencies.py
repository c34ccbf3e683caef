"""What routes of several areas ask FastAPI for: the instants that a question is about, and this service's settings."""

from datetime import datetime
from typing import Annotated

from fastapi import Query, Request

from services.tiering_svc.core.domain.calendar import add_months
from services.tiering_svc.core.repository.business import find_business
from services.tiering_svc.settings import Settings
from shared.chassis import Instant
from shared.chassis.http.instants import refuse_future
from shared.messaging import Transaction

AsOf = Annotated[Instant | None, Query(description="as of when; now, if not given")]
MonthsBack = Annotated[int, Query(ge=1, le=60, description="months back from `as_of`")]
TierAsOf = Annotated[str | None, Query(max_length=64, description="only of those who were in this tier then")]
KnownAt = Annotated[Instant | None, Query(description="as it was known when; now, if not given")]


def instant_or_now(instant: datetime | None, tx: Transaction, pointer: str) -> datetime:
    """An instant that was asked for; without one the transaction's. One to come is refused (`in_the_future`)."""
    if instant is None:
        return tx.at
    refuse_future(instant, tx.at, pointer)
    return instant


async def window_of(
    tx: Transaction, as_of: datetime | None, known_at: datetime | None, months: int
) -> tuple[datetime, datetime, datetime]:
    """The window of so many months before `as_of`, and the instant it is known at: (begins, ends, known_at)."""
    until, known = instant_or_now(as_of, tx, "/as_of"), instant_or_now(known_at, tx, "/known_at")
    business = await find_business(tx)
    return add_months(until, -months, business.zone), until, known


def settings_of(request: Request) -> Settings:
    """The settings this service was started with."""
    settings: Settings = request.app.state.service.settings
    return settings
