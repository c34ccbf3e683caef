"""What a merge would change in the services behind the gateway, asked of all at once (P12)."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from services.gateway.forwarding.handlers.calls import ServiceAnswer
from services.gateway.forwarding.handlers.composition import ComposedAnswer, Composer, PartRequest
from shared.chassis import Actor

SIDES = ("root", "absorbed")
MOST_CASES = 200


async def load_merge_preview(
    composer: Composer, actor: Actor, customer_id: UUID, absorbed_id: UUID
) -> tuple[dict[str, Any], ServiceAnswer | None]:
    """Profile's preview with what the others say of both customers now; and profile's refusal, when it has one.

    What did not come in time is null, and its service is in `did_not_answer`.
    """
    preview = PartRequest("profile", f"/v1/customers/{customer_id}/merges/preview", {"absorbed": str(absorbed_id)})
    parts = {"preview": preview}
    for side, id in zip(SIDES, (customer_id, absorbed_id), strict=True):
        parts[f"tier {side}"] = PartRequest("tiering", f"/v1/customers/{id}/tier")
        parts[f"points {side}"] = PartRequest("loyalty", f"/v1/customers/{id}/points")
        of_customer = {"customer_id": str(id), "status": "open", "limit": str(MOST_CASES)}
        parts[f"cases {side}"] = PartRequest("complaint", "/v1/complaints", of_customer)
    joined = PartRequest("tiering", f"/v1/customers/{customer_id}/tier/preview", {"absorbed": str(absorbed_id)})
    parts["tier together"] = joined
    composed = await composer.load(actor, parts)
    answer = composed.answers.get("preview")
    if answer is not None and not answer.succeeded:
        return {}, answer
    changes = {
        "tier": _tiers(composed), "points": _points(composed), "cases": _cases(composed),
    }  # fmt: skip
    file = {} if answer is None else answer.json()
    return file | {"changes": changes, "did_not_answer": composed.missing}, None


def _both(composed: ComposedAnswer, part: str) -> Mapping[str, Any] | None:
    """The content of a part of both customers, None where a service knows nothing of one; None when one is missing."""
    answers = {side: composed.answers.get(f"{part} {side}") for side in SIDES}
    if any(answer is None or not (answer.succeeded or answer.status == 404) for answer in answers.values()):
        return None
    return {side: answer.json() if answer and answer.succeeded else None for side, answer in answers.items()}


def _tiers(composed: ComposedAnswer) -> dict[str, Any] | None:
    """Both tiers now, and the one that they would have together: they are graded by the facts of both from the merge
    on. Null where tiering knows nothing of one of them, and so not what both have."""
    both = _both(composed, "tier")
    if both is None:
        return None
    tiers = {side: tier and {"tier": tier["tier"], "rank": tier["rank"]} for side, tier in both.items()}
    joined = composed.answers.get("tier together")
    together = joined.json() if joined is not None and joined.succeeded else {"tier": None}
    none = together["tier"] is None
    return {**tiers, "together": None if none else {"tier": together["tier"], "rank": together["rank"]}}


def _points(composed: ComposedAnswer) -> dict[str, Any] | None:
    """Both wallets now, which stay apart, and what can be spent from both together."""
    both = _both(composed, "points")
    if both is None:
        return None
    names = ("balance", "held", "debt")
    wallets = {side: {name: 0 if wallet is None else wallet[name] for name in names} for side, wallet in both.items()}
    return {**wallets, "together": {name: sum(wallet[name] for wallet in wallets.values()) for name in names}}


def _cases(composed: ComposedAnswer) -> dict[str, Any] | None:
    """Open cases of both; those of a lower tier than both have together may get earlier deadlines, never later."""
    both = _both(composed, "cases")
    if both is None:
        return None
    cases = {side: [] if listed is None else listed["items"] for side, listed in both.items()}
    due = [case["next_due_at"] for listed in cases.values() for case in listed if case["next_due_at"] is not None]
    tiers = _tiers(composed)
    known = [tier for tier in (tiers or {}).values() if tier is not None]
    ranks = {tier["tier"]: tier["rank"] for tier in known}
    together = None if tiers is None else tiers["together"]
    return {
        "root": len(cases["root"]),
        "absorbed": len(cases["absorbed"]),
        "next_due_at": min(due, default=None),
        "deadlines_may_shorten": None
        if together is None
        else sum(ranks.get(case["tier"], -1) < together["rank"] for listed in cases.values() for case in listed),
    }
