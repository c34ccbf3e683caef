"""The facts of several customers (P12), reported at the gateway's door one by one, and noted down for an oracle."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from tests.journeys.caller import Caller, a_line, an_order, new_code

CASE = {"channel": "call", "category": "delivery", "what_happened": "It came late.", "request": "Soon.",
        "contact": {"name": "Ann", "phone": "1"}}  # fmt: skip
PIECES = 2


@dataclass(frozen=True)
class Order:
    """One line of two pieces."""

    order_id: str
    who: int
    placed_at: datetime
    amount: Decimal


@dataclass(frozen=True)
class Return:
    """One piece of an order came back."""

    return_id: str
    order: Order
    at: datetime


@dataclass
class Customers:
    """By their references and ids; with their orders, returns and cases in the order in which they were reported."""

    caller: Caller
    refs: Sequence[str]
    ids: list[str] = field(default_factory=list)
    orders: list[Order] = field(default_factory=list)
    returns: list[Return] = field(default_factory=list)
    cases: list[tuple[int, str]] = field(default_factory=list)

    async def buy(self, who: int, amount: str, at: datetime) -> None:
        lines = [a_line(1, amount, PIECES)]
        body = an_order(self.refs[who], lines, at=at.isoformat())
        order = await self.caller.post("/v1/orders", body, status=202)
        self.orders.append(Order(order["id"], who, at, Decimal(amount)))
        if len(self.ids) < len(self.refs):
            self.ids.append(order["customer_id"])

    async def take_back(self, number: int, at: datetime) -> None:
        order = self.orders[number]
        body = {"return_id": new_code("R"), "returned_at": at.isoformat(), "lines": [{"line": 1, "quantity": 1}]}
        taken = await self.caller.post(f"/v1/orders/{order.order_id}/returns", body)
        self.returns.append(Return(taken["id"], order, at))

    async def complain(self, who: int, at: datetime) -> None:
        of = {"customer": {"id": self.ids[who]}, "filed_at": at.isoformat()}
        body = CASE | of | {"kind": "complaint", "severity": "normal"}
        case = await self.caller.post("/v1/complaints", body)
        self.cases.append((who, case["id"]))

    async def read(self, who: int, what: str) -> Any:
        return await self.caller.get(f"/v1/customers/{self.ids[who]}/{what}")

    async def list_of(self, who: int, what: str) -> list[dict[str, Any]]:
        """All pages."""
        return await self.list_all(f"/v1/customers/{self.ids[who]}/{what}")

    async def list_all(self, path: str, **query: Any) -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = []
        query |= {"limit": 200}
        while True:
            page = await self.caller.get(path, **query)
            items += page["items"]
            if page.get("next_cursor") is None:
                return items
            query |= {"cursor": page["next_cursor"]}


@dataclass(frozen=True)
class Merge:
    """In force: who absorbed whom, when, and where it is undone."""

    root: int
    absorbed: int
    at: datetime
    url: str
