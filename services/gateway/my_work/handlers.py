"""What concerns the person who asks, asked of the services on their behalf (P5)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from services.gateway.forwarding.handlers.composition import ComposedAnswer, Composer, PartRequest, TimeBudget
from shared.chassis import Actor
from shared.errors import not_found

MOST_ACCOUNTS = 1000  # whose cases are looked for
AT_ONCE = 200  # customers in one question, and accounts in one page
LATEST = "9999"  # after every due time


@dataclass(slots=True)
class WorkPage:
    """What was answered, the cursor of the next page, and the services that did not answer."""

    items: list[dict[str, Any]] = field(default_factory=list)
    next: str | None = None
    missing: list[str] = field(default_factory=list)


def employee_of(actor: Actor) -> str:
    """The employee that the person is; 404 `not_an_employee` for who is in no directory."""
    if actor.employee_id is None:
        raise not_found("not_an_employee", "The directory knows no employee who signs in so.")
    return actor.employee_id


async def load_me(composer: Composer, actor: Actor) -> dict[str, Any]:
    """Who asks, with the name and the units that the directory knows."""
    parts = {f"unit/{unit}": PartRequest("profile", f"/v1/units/{unit}") for unit in sorted(actor.units)}
    if actor.employee_id is not None:
        parts["employee"] = PartRequest("profile", f"/v1/employees/{actor.employee_id}")
    composed = await composer.load(actor, parts) if parts else ComposedAnswer()
    answers = {part: answer.json() for part, answer in composed.answers.items() if answer.succeeded}
    employee = answers.get("employee", {})
    return {
        "subject": actor.subject,
        "roles": sorted(actor.roles),
        "scopes": sorted(actor.scopes),
        "sees_every_customer": actor.sees_every_customer,
        "employee_id": actor.employee_id,
        "name": employee.get("name"),
        "state": employee.get("state"),
        "units": [{"unit": unit, "name": answers.get(f"unit/{unit}", {}).get("name")} for unit in sorted(actor.units)],
        "missing": composed.missing,
    }


async def load_my_page(
    composer: Composer, actor: Actor, part: str, query: Mapping[str, str], budget: TimeBudget | None = None
) -> WorkPage:
    """A page of the employee's `accounts` or `tasks`, as profile answers it."""
    request = PartRequest("profile", f"/v1/employees/{employee_of(actor)}/{part}", query)
    composed = await composer.load(actor, {part: request}, budget)
    answer = composed.answers.get(part)
    if answer is None or not answer.succeeded:
        return WorkPage(missing=composed.missing or ["profile"])
    page = answer.json()
    return WorkPage(page["items"], page["next"])


async def load_my_cases(composer: Composer, actor: Actor, limit: int, budget: TimeBudget | None = None) -> WorkPage:
    """The most urgent open cases of the employee's customers, with the customers' names."""
    budget = budget or composer.budget()
    names, missing = await _load_my_customers(composer, actor, budget)
    ids = list(names)
    batches = [ids[start : start + AT_ONCE] for start in range(0, len(ids), AT_ONCE)]
    query = {"status": "open", "sort": "urgency", "limit": str(limit)}
    parts = {
        str(number): PartRequest("complaint", "/v1/complaints", query | {"customer_ids": batch})
        for number, batch in enumerate(batches)
    }
    composed = await composer.load(actor, parts, budget)
    cases = [case for answer in composed.answers.values() if answer.succeeded for case in answer.json()["items"]]
    cases.sort(key=lambda case: (case["next_due_at"] or LATEST, case["id"]))
    items = [case | {"customer_name": names.get(case["customer_id"])} for case in cases[:limit]]
    return WorkPage(items, missing=[*missing, *(name for name in composed.missing if name not in missing)])


async def _load_my_customers(
    composer: Composer, actor: Actor, budget: TimeBudget
) -> tuple[dict[str, str | None], list[str]]:
    """The names of the employee's customers by id, and the services that did not answer."""
    names: dict[str, str | None] = {}
    query = {"limit": str(AT_ONCE)}
    while len(names) < MOST_ACCOUNTS:
        page = await load_my_page(composer, actor, "accounts", query, budget)
        names |= {account["customer_id"]: account["customer_name"] for account in page.items}
        if page.missing or page.next is None:
            return names, page.missing
        query["cursor"] = page.next
    return names, []
