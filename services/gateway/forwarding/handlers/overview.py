"""The customer 360 asked afresh: each service for its part, and which did not answer (G3)."""

from typing import Any
from uuid import UUID

from services.gateway.forwarding.handlers.calls import ServiceAnswer
from services.gateway.forwarding.handlers.composition import Composer, PartRequest
from shared.chassis import Actor
from shared.chassis.audience import filter_fields

NOT_TO_BE_SEEN = (403, 404)


async def load_fresh_overview(
    composer: Composer, customer_id: UUID, actor: Actor
) -> tuple[dict[str, Any], ServiceAnswer | None]:
    """Profile's row with what each service says now beside it, as far as the actor may read it; and profile's refusal,
    when it has one (403, 404)."""
    base = f"/v1/customers/{customer_id}"
    parts = {
        "overview": PartRequest("profile", f"{base}/overview"),
        "tier": PartRequest("tiering", f"{base}/tier"),
        "points": PartRequest("loyalty", f"{base}/points"),
        "cases": PartRequest("complaint", "/v1/complaints", {"customer_id": str(customer_id), "limit": "20"}),
    }
    composed = await composer.load(actor, parts)
    fresh: dict[str, Any] = {}
    missing = list(composed.missing)
    refusal: ServiceAnswer | None = None
    for part, answer in composed.answers.items():
        if answer.succeeded:
            fresh[part] = filter_fields(answer.json(), actor)
        elif part == "overview" and answer.status in NOT_TO_BE_SEEN:
            refusal = answer
        elif answer.status == 404:
            fresh[part] = None  # it answered: it knows nothing of this customer
        else:
            missing.append(parts[part].service)
    overview = fresh.pop("overview", {})
    return overview | {"fresh": fresh, "did_not_answer": missing}, refusal
