"""What the desk's pages hold: parts asked of the services as the person who looks, without what it may not read."""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from services.gateway.forwarding.handlers.composition import ComposedAnswer, Composer, PartRequest, TimeBudget
from services.gateway.my_work.handlers import load_me, load_my_cases, load_my_page
from shared.chassis import Actor
from shared.chassis.audience import filter_fields

MY_ROWS = 50
LISTED = "10"  # movers, warnings, cases
FOUND = "20"
OUTBOX = "50"
MOVERS_PERIOD = timedelta(days=30)


@dataclass(slots=True)
class PageParts:
    """What was answered, by part; the services that did not answer; whether there is such a customer at all."""

    parts: dict[str, Any] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)
    not_found: bool = False

    def add(self, composed: ComposedAnswer, actor: Actor) -> None:
        """Keep the successful answers, as far as the actor may read them; a refused part is left out."""
        for part, answer in composed.answers.items():
            if answer.succeeded:
                self.parts[part] = filter_fields(answer.json(), actor)
        self.missing += [service for service in composed.missing if service not in self.missing]

    def items(self, part: str) -> list[dict[str, Any]]:
        """The items of a part that is a list; none when it is missing."""
        listed: list[dict[str, Any]] = self.parts.get(part, {}).get("items", [])
        return listed


async def load_dashboard(composer: Composer, actor: Actor, search: str, now: datetime) -> PageParts:
    """The pyramid, who moved in the last 30 days, the worst warnings, the most urgent cases; what was searched for."""
    requests = {
        "pyramid": PartRequest("tiering", "/v1/pyramid"),
        "movers": PartRequest(
            "tiering", "/v1/pyramid/movers", {"from": (now - MOVERS_PERIOD).isoformat(), "limit": LISTED}
        ),
        "warnings": PartRequest("tiering", "/v1/warnings", {"state": "not_closed", "limit": LISTED}),
        "stages": PartRequest("tiering", "/v1/stages"),
        "cases": PartRequest("complaint", "/v1/complaints", {"status": "open", "sort": "urgency", "limit": LISTED}),
    }
    if search:
        requests["found"] = PartRequest("profile", "/v1/customers", {"q": search, "limit": FOUND})
    page = PageParts()
    budget = composer.budget()
    page.add(await composer.load(actor, requests, budget), actor)
    listed = [*page.items("movers"), *page.items("warnings"), *page.items("cases")]
    page.parts["names"] = await _names(composer, actor, budget, page, [item["customer_id"] for item in listed])
    return page


async def _names(
    composer: Composer, actor: Actor, budget: TimeBudget, page: PageParts, customer_ids: Iterable[str | None]
) -> Mapping[str, str]:
    """The names of customers in the page's lists, by id: in one question, since only profile knows them."""
    ids = sorted({id for id in customer_ids if id})
    if not ids or "profile" in page.missing:
        return {}
    request = PartRequest("profile", "/v1/customers", {"ids": ids, "limit": str(len(ids))})
    named = PageParts()
    named.add(await composer.load(actor, {"customers": request}, budget), actor)
    page.missing += [service for service in named.missing if service not in page.missing]
    return {customer["id"]: customer["name"] for customer in named.items("customers") if customer["name"]}


async def load_outbox(composer: Composer, actor: Actor) -> PageParts:
    """The last messages that were asked for, and what became of them, with the names of whom they are for."""
    query = {"order": "newest", "limit": OUTBOX}
    page = PageParts()
    budget = composer.budget()
    parts = {"messages": PartRequest("profile", "/v1/message-requests", query)}
    page.add(await composer.load(actor, parts, budget), actor)
    messages = page.items("messages")
    page.parts["names"] = await _names(composer, actor, budget, page, [item["customer_id"] for item in messages])
    return page


async def load_message_page(composer: Composer, actor: Actor, message_id: UUID) -> PageParts:
    """One message with its text, as a sender would fetch it now."""
    page = PageParts()
    parts = {"message": PartRequest("profile", f"/v1/message-requests/{message_id}")}
    page.add(await composer.load(actor, parts), actor)
    page.not_found = "message" not in page.parts and not page.missing
    return page


async def load_my_work(composer: Composer, actor: Actor) -> PageParts:
    """The tasks, cases and customers of the employee who looks; only who they are, for who is none."""
    page = PageParts({"me": await load_me(composer, actor), "tasks": [], "cases": [], "accounts": []})
    page.missing += page.parts["me"]["missing"]
    if actor.employee_id is None:
        return page
    budget, query = composer.budget(), {"limit": str(MY_ROWS)}
    tasks, accounts, cases = await asyncio.gather(
        load_my_page(composer, actor, "tasks", query, budget),
        load_my_page(composer, actor, "accounts", query, budget),
        load_my_cases(composer, actor, MY_ROWS, budget),
    )
    page.missing += sorted({*tasks.missing, *accounts.missing, *cases.missing} - set(page.missing))
    page.parts |= {"tasks": tasks.items, "accounts": accounts.items, "cases": cases.items}
    page.parts |= {"more_tasks": tasks.next is not None, "more_accounts": accounts.next is not None}
    named = (item for part in (tasks, accounts, cases) for item in part.items)
    page.parts["names"] = {item["customer_id"]: item["customer_name"] for item in named}
    return page


async def load_customer_page(composer: Composer, actor: Actor, customer_id: UUID, language: str) -> PageParts:
    """A customer: overview, tier with its reasons in words and its history, stage, warnings, points, open cases."""
    base = f"/v1/customers/{customer_id}"
    of_customer = {"customer_id": str(customer_id), "limit": LISTED}
    requests = {
        "overview": PartRequest("profile", f"{base}/overview"),
        "tier": PartRequest("tiering", f"{base}/tier"),
        "explanation": PartRequest("tiering", f"{base}/tier/explanation", {"lang": language}),
        "history": PartRequest("tiering", f"{base}/tier/history"),
        "stage": PartRequest("tiering", f"{base}/stage"),
        "warnings": PartRequest("tiering", "/v1/warnings", {"state": "not_closed"} | of_customer),
        "points": PartRequest("loyalty", f"{base}/points"),
        "cases": PartRequest("complaint", "/v1/complaints", {"status": "open", "sort": "urgency"} | of_customer),
    }
    page = PageParts()
    budget = composer.budget()
    page.add(await composer.load(actor, requests, budget), actor)
    page.not_found = "overview" not in page.parts and "profile" not in page.missing
    case_ids = [case["id"] for case in page.items("cases")]
    files = PageParts()
    if case_ids:
        parts = {id: PartRequest("complaint", f"/v1/complaints/{id}") for id in case_ids}
        files.add(await composer.load(actor, parts, budget), actor)
    page.parts["case_files"] = [files.parts[id] for id in case_ids if id in files.parts]
    page.missing += [service for service in files.missing if service not in page.missing]
    return page
