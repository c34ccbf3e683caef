"""The business's zone and currency are fixed at the first start: months and sums are counted in them."""

import asyncio
from typing import Any

import structlog

from services.tiering_svc.repository import policies

log = structlog.get_logger(__name__)


async def say_when_the_business_differs(service: Any, stop: asyncio.Event) -> None:
    """A changed setting takes no effect on what is counted; the operator should know."""
    fixed = await service.database.run(policies.find_business)
    asked = (service.settings.time_zone, service.settings.currency)
    if asked != (str(fixed.zone), fixed.currency):
        log.error("business_is_fixed", zone=str(fixed.zone), currency=fixed.currency, asked=asked)
