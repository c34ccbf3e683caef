"""What several of tiering's routes need: the instant a question is about, whose customers the asker sees."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import Depends, Query, Request

from services.tiering_svc.core.domain.calendar import add_months
from services.tiering_svc.core.repository.business import find_business
from services.tiering_svc.settings import Settings
from shared.chassis import Actor, CurrentActor, Instant
from shared.chassis.http.instants import refuse_future
from shared.errors import not_found
from shared.messaging import Transaction

AsOf = Annotated[Instant | None, Query(description="as of when; now, if not given")]
MonthsBack = Annotated[int, Query(ge=1, le=60, description="months back from `as_of`")]
TierAsOf = Annotated[str | None, Query(max_length=64, description="only of those who stood in this tier then")]
KnownAt = Annotated[Instant | None, Query(description="as it was known when; now, if not given")]


def source_of(actor: Actor) -> str | None:
    """The source whose customers a partner sees; None for the company's own people."""
    return None if actor.partner_id is None else f"partner:{actor.partner_id}"


def instant_or_now(instant: datetime | None, tx: Transaction, pointer: str) -> datetime:
    if instant is None:
        return tx.at
    refuse_future(instant, tx.at, pointer)
    return instant


async def window_of(
    tx: Transaction, as_of: datetime | None, known_at: datetime | None, months: int
) -> tuple[datetime, datetime, datetime]:
    """Since when, until when, and known at which instant: so many months back from `as_of`."""
    until, known = instant_or_now(as_of, tx, "/as_of"), instant_or_now(known_at, tx, "/known_at")
    business = await find_business(tx)
    return add_months(until, -months, business.zone), until, known


async def _not_for_partners(actor: CurrentActor) -> None:
    """Figures over all customers are not there for a partner, who sees only its own."""
    if actor.partner_id is not None:
        raise not_found("not_found")


not_for_partners: Any = Depends(_not_for_partners)


def settings_of(request: Request) -> Settings:
    settings: Settings = request.app.state.service.settings
    return settings
