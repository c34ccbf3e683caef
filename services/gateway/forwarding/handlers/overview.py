"""The customer 360 asked afresh: each service for its part, and who did not answer (G3)."""

import asyncio
from typing import Any
from uuid import UUID

from services.gateway.forwarding.handlers.calls import ServiceAnswer, ServiceCall, forward
from shared.chassis import Actor, Refused, Service

PARTS = {  # part -> whom to ask, where
    "overview": ("profile", "/v1/customers/{id}/overview", b""),
    "tier": ("tiering", "/v1/customers/{id}/tier", b""),
    "points": ("loyalty", "/v1/customers/{id}/points", b""),
    "cases": ("complaint", "/v1/complaints", b"customer_id={id}&limit=20"),
}


async def load_fresh_overview(
    service: Service, customer_id: UUID, actor: Actor, *, seconds: float
) -> tuple[dict[str, Any], ServiceAnswer | None]:
    """Profile's row with what each service says now beside it; and profile's refusal, when it has one (404, 403)."""
    answers = await asyncio.gather(
        *[_ask(service, part, customer_id, actor, seconds) for part in PARTS], return_exceptions=True
    )
    found: dict[str, Any] = {}
    missing: list[str] = []
    refusal: ServiceAnswer | None = None
    for part, answer in zip(PARTS, answers, strict=True):
        if isinstance(answer, Refused):
            missing.append(PARTS[part][0])
        elif isinstance(answer, BaseException):
            raise answer
        elif answer.succeeded:
            found[part] = answer.json()
        elif part == "overview" and answer.status in (403, 404):
            refusal = answer
        elif answer.status == 404:
            found[part] = None  # it answered: it knows nothing of this customer
        else:
            missing.append(PARTS[part][0])
    overview = found.pop("overview", {})
    return overview | {"fresh": found, "did_not_answer": missing}, refusal


async def _ask(service: Service, part: str, customer_id: UUID, actor: Actor, seconds: float) -> ServiceAnswer:
    name, path, query = PARTS[part]
    call = ServiceCall("GET", path.format(id=customer_id), query.decode().format(id=customer_id).encode())
    return await forward(service, name, call, actor, seconds=seconds)
